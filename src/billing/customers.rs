//! What money asks of customers.

use crate::billing::contract::SalesError;
use crate::crm::{self, CrmError, Customer, CustomerId};
use crate::kernel::Invalid;
use crate::platform::db::TenantTx;

/// 422 at `/customer_id` for whoever is no customer, 409 when nothing new may begin with them.
pub fn check_customer(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<(), SalesError> {
    name_of_open(tx, id).map(drop)
}

/// What the customer is called; 422 at `/customer_id` for whoever is none, 409 when nothing new may begin with them.
pub fn name_of_open(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<String, SalesError> {
    match crm::customer(tx, id).and_then(Customer::open) {
        Ok(customer) => Ok(customer.trade_name),
        Err(CrmError::NotFound(_)) => {
            let reason = Invalid::new(
                "is not a customer of this company; `GET /api/v1/customers` lists them",
                "no es un cliente de esta empresa; `GET /api/v1/customers` los muestra",
            );
            Err(SalesError::at("/customer_id", reason))
        }
        Err(error) => Err(SalesError::Customer(error)),
    }
}
