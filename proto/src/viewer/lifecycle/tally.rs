//! How a group is, counted: it may be a whole fleet, of which each host comes and goes by itself.

use super::{ApplicationStatus, InstanceStatus};

/// How many hosts of a group are how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    all: usize,
    up: usize,
    pending: usize,
}

impl Tally {
    /// One more.
    pub fn add(&mut self, status: InstanceStatus) {
        self.all += 1;
        self.up += usize::from(status == InstanceStatus::Up);
        self.pending += usize::from(status == InstanceStatus::Pending);
    }

    /// One that was added is not there, or not so, any more.
    pub fn take(&mut self, status: InstanceStatus) {
        self.all -= 1;
        self.up -= usize::from(status == InstanceStatus::Up);
        self.pending -= usize::from(status == InstanceStatus::Pending);
    }

    /// How the group is.
    pub fn status(self) -> ApplicationStatus {
        match (self.all, self.up) {
            (0, _) => ApplicationStatus::Empty,
            _ if self.pending == self.all => ApplicationStatus::Pending,
            (_, 0) => ApplicationStatus::AllDown,
            _ if self.up == self.all => ApplicationStatus::AllUp,
            _ => ApplicationStatus::SomeDown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_as_its_hosts_are() {
        use InstanceStatus::{Down, Pending, Up};
        for (hosts, status) in [
            (&[][..], ApplicationStatus::Empty),
            (&[Pending, Pending], ApplicationStatus::Pending),
            (&[Up, Up], ApplicationStatus::AllUp),
            (&[Up, Down], ApplicationStatus::SomeDown),
            (&[Up, Pending], ApplicationStatus::SomeDown),
            (&[Down, Pending], ApplicationStatus::AllDown),
        ] {
            let mut tally = Tally::default();
            hosts.iter().for_each(|host| tally.add(*host));
            tally.add(Down);
            tally.take(Down);
            assert_eq!(tally.status(), status, "{hosts:?}");
        }
    }
}
