//! What money asks of customers.

use std::collections::HashSet;

use uuid::Uuid;

use super::store;
use crate::billing::contract::{MoneyError, SalesError};
use crate::billing::domain::{DocumentLine, Tax};
use crate::billing::invoices::BillTo;
use crate::crm::{self, Contract, CrmError, Customer, CustomerId};
use crate::kernel::{Currency, Decimal6, Invalid, Line, NonNegativeDecimal6, PositiveDecimal6};
use crate::platform::db::TenantTx;

/// Refuses who is no customer, with 422.
pub fn known(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Customer, MoneyError> {
    match crm::customer(tx, id) {
        Err(CrmError::NotFound(_)) => {
            let reason = Invalid::new(
                "is not a customer; `GET /api/v1/customers` lists them",
                "no es un cliente; `GET /api/v1/customers` los muestra",
            );
            Err(MoneyError::at("/customer_id", reason))
        }
        known => {
            let customer = known?;
            store::note(tx, &customer)?;
            Ok(customer)
        }
    }
}

/// A customer with whom something new may begin; 422 when there is none.
pub fn open(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Customer, MoneyError> {
    Ok(known(tx, id)?.open()?)
}

/// A contract of the customer that is in force; 422 when there is none.
pub fn contract(tx: &mut TenantTx<'_>, customer: CustomerId, id: Uuid) -> Result<Contract, MoneyError> {
    let found = crm::active_contracts(tx, customer)?.into_iter().find(|contract| contract.id == id);
    found.ok_or_else(|| {
        let reason = Invalid::new(
            "is not a contract in force of this customer",
            "no es un contrato vigente de este cliente",
        );
        MoneyError::at("/contract_id", reason)
    })
}

/// The line of a document that bills a contract once, with `taxes`.
pub fn line_of(contract: &Contract, currency: Currency, taxes: Vec<Tax>) -> Result<DocumentLine, MoneyError> {
    let value = contract.value;
    if value.currency() != currency {
        let own = value.currency();
        let reason = Invalid::formatted(
            format!("The contract is in {own}: bill it in {own}."),
            format!("El contrato está en {own}: factúrelo en {own}."),
        );
        return Err(MoneyError::at("/currency", reason));
    }
    let refused = |reason| MoneyError::at("/contract_id", reason);
    Ok(DocumentLine {
        product_id: None,
        description: Line::parse(&contract.title).map_err(refused)?,
        quantity: PositiveDecimal6::try_from(Decimal6::ONE).map_err(refused)?,
        unit_code: None,
        sat_product_key: None,
        unit_price: NonNegativeDecimal6::try_from(value.amount()).map_err(refused)?,
        discount: None,
        taxes,
    })
}

/// Who a customer is now, for a document that stays as it is.
pub fn bill_to(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<BillTo, MoneyError> {
    let customer = crm::customer(tx, id)?;
    let tax_id = customer.tax_id.as_ref();
    Ok(BillTo {
        name: customer.trade_name,
        legal_name: customer.legal_name,
        tax_country: tax_id.map(|tax_id| tax_id.country().as_str().to_owned()),
        tax_number: tax_id.map(|tax_id| tax_id.as_str().to_owned()),
        fiscal_regime: customer.fiscal_regime.map(|regime| regime.as_str().to_owned()),
        fiscal_postal_code: customer.fiscal_postal_code,
        email: customer.email.map(|email| email.to_string()),
    })
}

/// 422 at `/customer_id` for whoever is no customer, 409 when nothing new may begin with them.
pub fn check_customer(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<(), SalesError> {
    name_of_open(tx, id).map(drop)
}

/// What the customer is called; 422 at `/customer_id` for whoever is none, 409 when nothing new may begin with them.
pub fn name_of_open(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<String, SalesError> {
    match crm::customer(tx, id).and_then(Customer::open) {
        Ok(customer) => {
            store::note(tx, &customer)?;
            Ok(customer.trade_name)
        }
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

/// Brings up to date whose a customer is.
pub fn follow(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<(), SalesError> {
    match crm::customer(tx, id) {
        Ok(customer) => Ok(store::note(tx, &customer)?),
        Err(CrmError::NotFound(_)) => Ok(()),
        Err(error) => Err(SalesError::Customer(error)),
    }
}

/// Those of `customers` that whoever acts sees.
pub fn seen(tx: &mut TenantTx<'_>, customers: &[Uuid]) -> Result<HashSet<Uuid>, SalesError> {
    if tx.actor().sight().is_everything() {
        return Ok(customers.iter().copied().collect());
    }
    Ok(store::seen(tx, customers)?)
}
