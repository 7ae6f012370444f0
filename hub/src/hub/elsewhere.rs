//! The provider that people may sign in with.

use std::sync::Arc;

use super::Hub;
use crate::oidc::{Oidc, Settings};

impl Hub {
    /// The same hub, to which people may come from this provider.
    ///
    /// # Errors
    /// The way to it cannot be made; in words.
    pub(crate) fn with_oidc(self, settings: Option<Settings>) -> Result<Self, String> {
        let oidc = settings.map(Oidc::open).transpose()?.map(Arc::new);
        Ok(Self { oidc, ..self })
    }
}
