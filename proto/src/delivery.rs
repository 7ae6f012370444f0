//! What becomes of samples between the moment they are taken and the moment a server has them.

pub mod ring;
