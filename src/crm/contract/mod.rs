//! What others may know of customers.

use crate::platform::id::Id;

/// What a [`CustomerId`] names.
#[derive(Debug)]
pub enum CustomerMarker {}

/// A customer's identifier.
pub type CustomerId = Id<CustomerMarker>;
