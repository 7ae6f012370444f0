//! All there is of a host is forgotten: what of it waits at once, what is written by the thread
//! that writes.

use kinglet_proto::host::HostId;

use super::database::Database;
use super::error::StoreError;
use super::{Shared, held};

impl Shared {
    /// Has the writing thread forget a host. Should it come again, it is another one.
    pub(super) fn forget(&self, host: &HostId) {
        let number = held(&self.index).hosts.forget(host.as_str());
        held(&self.queue).forget_host(host, number);
    }

    /// The same of all that are about to leave.
    pub(super) fn forget_leaving(&self) {
        std::mem::take(&mut *held(&self.leaving)).iter().for_each(|host| self.forget(host));
    }

    /// Forgets the next of them in the file that was there a turn ago; after the last, those that
    /// came since have their turn next.
    pub(super) fn forget_next(&self) -> Result<Option<(HostId, Option<u32>)>, StoreError> {
        let mut queue = held(&self.queue);
        if queue.ripe == 0 {
            queue.ripe = queue.forgotten.len();
            return Ok(None);
        }
        let Some((id, number)) = queue.forgotten.first().cloned() else { return Ok(None) };
        drop(queue);
        held(&self.database).write(|db| db.forget(&id, number))?;
        number.into_iter().for_each(|number| held(&self.index).forget(number));
        let mut queue = held(&self.queue);
        queue.forgotten.remove(0);
        queue.ripe -= 1;
        Ok(Some((id, number)))
    }
}

impl Database {
    /// Forgets all there is of a host, by its id and by its number. Looks at the whole log. That it
    /// was watched is forgotten by who watches, in its own order.
    fn forget(&self, id: &str, host: Option<u32>) -> Result<(), StoreError> {
        for table in ["log", "log_2", "block", "event"] {
            self.sql.execute(&format!("DELETE FROM {table} WHERE host = ?"), [host])?;
        }
        self.sql.execute("DELETE FROM host WHERE id = ?", [host])?;
        self.sql.execute("DELETE FROM alert WHERE host = ?", [id])?;
        Ok(())
    }
}
