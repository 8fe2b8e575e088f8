//! What refusals about customers look like to clients.

use serde_json::json;

use super::{CustomerId, place};
use crate::crm::contracts::domain::ContractStatus;
use crate::crm::customers::domain::{LEVELS_AT_MOST, Status};
use crate::kernel::{Invalid, Message};
use crate::platform::problem::{FieldError, Problem};

/// 409: nothing changes in an archived customer, and nothing begins with it.
pub fn archived(customer: CustomerId) -> Problem {
    Problem::conflict(
        "customer-archived",
        Message::new("The customer is archived", "El cliente está archivado"),
    )
    .detail(Message::formatted(
        format!("Bring it back with `POST {}/restore` first", place(customer)),
        format!("Recupérelo antes con `POST {}/restore`", place(customer)),
    ))
    .member("customer", json!(place(customer)))
}

/// 409: something still hangs on the customer: accounts below it, of which some may be hidden from whoever asks, and contracts.
pub fn in_use(customer: CustomerId, children: i64, has_hidden_children: bool, contracts: i64) -> Problem {
    let [english, spanish] = if has_hidden_children {
        [
            "; accounts that you do not see are below it too: have them moved",
            "; también tiene por debajo cuentas que usted no ve: pida que las muevan",
        ]
    } else {
        [""; 2]
    };
    Problem::conflict(
        "customer-in-use",
        Message::new("Something still hangs on the customer", "El cliente aún tiene algo vigente"),
    )
    .detail(Message::formatted(
        format!("{children} account(s) are below it and {contracts} contract(s) are active: move the ones and end the others first{english}"),
        format!("Tiene {children} cuenta(s) por debajo y {contracts} contrato(s) activos: mueva las primeras y termine los segundos{spanish}"),
    ))
    .member("children", json!(children))
    .member("active_contracts", json!(contracts))
    .member("children_at", json!(format!("/api/v1/customers?parent_id={customer}")))
    .member("contracts_at", json!(format!("{}/contracts", place(customer))))
}

/// 409: the tax identifier is another customer's.
pub fn duplicate(existing: Option<CustomerId>) -> Problem {
    let problem = Problem::conflict(
        "customer-duplicate",
        Message::new(
            "There is a customer with this tax identifier",
            "Ya hay un cliente con este identificador fiscal",
        ),
    )
    .member("field", json!("tax_id"));
    let Some(existing) = existing else {
        let detail = Message::new(
            "It belongs to a customer of somebody else, which you do not see; ask whoever sees everything, or send `?on_duplicate=allow` to keep both",
            "Es de un cliente de otra persona, que usted no ve; consulte a quien vea todo, o envíe `?on_duplicate=allow` para conservar ambos",
        );
        return problem.detail(detail).member("existing_id", json!(null));
    };
    problem
        .detail(Message::formatted(
            format!("It belongs to customer {existing}; send `?on_duplicate=allow` to keep both"),
            format!("Es del cliente {existing}; envíe `?on_duplicate=allow` para conservar ambos"),
        ))
        .member("existing_id", json!(existing))
        .member("existing", json!(place(existing)))
}

/// 409: the lead became a customer before.
pub fn lead_taken(existing: Option<CustomerId>) -> Problem {
    let problem = Problem::conflict(
        "lead-already-customer",
        Message::new("The lead is a customer already", "El prospecto ya es cliente"),
    );
    let Some(existing) = existing else {
        let detail = Message::new(
            "It became a customer of somebody else, which you do not see",
            "Se convirtió en un cliente de otra persona, que usted no ve",
        );
        return problem.detail(detail).member("existing_id", json!(null));
    };
    problem
        .detail(Message::formatted(
            format!("It became customer {existing}; go on with that one"),
            format!("Se convirtió en el cliente {existing}; continúe con ese"),
        ))
        .member("existing_id", json!(existing))
        .member("existing", json!(place(existing)))
}

/// 422: a circle, or too many levels.
pub fn hierarchy() -> Problem {
    at_parent(Invalid::formatted(
        format!("would make a circle, or more than {LEVELS_AT_MOST} levels of accounts; choose another one"),
        format!("formaría un círculo o más de {LEVELS_AT_MOST} niveles de cuentas; elija otra"),
    ))
}

/// 422: there is no such customer to be below.
pub fn unknown_parent() -> Problem {
    at_parent(Invalid::new(
        "is not a customer of this company; `GET /api/v1/customers` lists them",
        "no es un cliente de esta empresa; `GET /api/v1/customers` los muestra",
    ))
}

fn at_parent(reason: Invalid) -> Problem {
    Problem::invalid(vec![FieldError::at("/parent_id", reason)])
}

/// 409: the state machine has no such way.
pub fn wrong_state(status: Status) -> Problem {
    let allowed = status.verbs();
    let list = allowed.join(", ");
    let name = status.as_str();
    Problem::conflict(
        "customer-wrong-state",
        Message::new("The customer is in another state", "El cliente está en otro estado"),
    )
    .detail(Message::formatted(
        format!("From `{name}` there is: {list}"),
        format!("Desde `{name}` se puede: {list}"),
    ))
    .member("customer_status", json!(name))
    .member("allowed", json!(allowed))
}

/// 409: the state machine of contracts has no such way.
pub fn contract_state(from: ContractStatus, to: ContractStatus) -> Problem {
    let (from_name, to_name) = (from.as_str(), to.as_str());
    let allowed: Vec<&str> = from.ways().iter().map(|status| status.as_str()).collect();
    let list = allowed.join(", ");
    Problem::conflict(
        "contract-wrong-state",
        Message::new("The contract is in another state", "El contrato está en otro estado"),
    )
    .detail(Message::formatted(
        format!("A contract that is `{from_name}` cannot become `{to_name}`; from here: {list}"),
        format!("Un contrato en `{from_name}` no puede pasar a `{to_name}`; desde aquí: {list}"),
    ))
    .member("allowed", json!(allowed))
}

/// 409: what was agreed stays.
pub fn contract_fixed(status: ContractStatus) -> Problem {
    let title = Message::new("What was agreed stays", "Lo acordado no cambia");
    let detail = if status == ContractStatus::Active {
        Message::new(
            "The value, the period and the first day of an active contract stay; renew it with others",
            "El valor, el periodo y el primer día de un contrato activo no cambian; renuévelo con otros",
        )
    } else {
        Message::new("The contract is closed; make another one", "El contrato está cerrado; haga otro")
    };
    Problem::conflict("contract-fixed", title).detail(detail).member("contract_status", json!(status))
}

/// 422: whoever is to do a task does not see its customer.
pub fn assignee_out_of_sight() -> Problem {
    let reason = Invalid::new(
        "does not see this customer; hand the customer over first, or choose somebody who sees it",
        "no ve a este cliente; traspase primero al cliente, o elija a alguien que lo vea",
    );
    Problem::invalid(vec![FieldError::at("/assignee_id", reason)])
}

/// 422: nobody active by that id works in the tenant.
pub fn unknown_user(pointer: &str) -> Problem {
    let reason = Invalid::new(
        "is not an active user of this company; `GET /api/v1/users` lists them",
        "no es un usuario activo de esta empresa; `GET /api/v1/users` los muestra",
    );
    Problem::invalid(vec![FieldError::at(pointer, reason)])
}

/// 422: there is no such template to begin with.
pub fn unknown_template() -> Problem {
    let reason = Invalid::new(
        "is not a template of this company; `GET /api/v1/customers/onboarding-templates` lists them",
        "no es una plantilla de esta empresa; `GET /api/v1/customers/onboarding-templates` las muestra",
    );
    Problem::invalid(vec![FieldError::at("/template_id", reason)])
}

/// 409: the tenant has a template of that name.
pub fn template_name_taken(existing: uuid::Uuid) -> Problem {
    Problem::conflict(
        "onboarding-template-name-taken",
        Message::new("There is a template with this name", "Ya hay una plantilla con este nombre"),
    )
    .member("existing_id", json!(existing))
}

/// 409: one checklist of a template is open at a time.
pub fn onboarding_open() -> Problem {
    Problem::conflict(
        "onboarding-open",
        Message::new(
            "A checklist of this template is open for the customer: go on with that one",
            "El cliente ya tiene abierta una lista de esta plantilla: continúe con esa",
        ),
    )
}

/// 409: what is complete stays so.
pub fn onboarding_completed() -> Problem {
    Problem::conflict(
        "onboarding-completed",
        Message::new("The checklist is complete and stays so", "La lista está completa y así se queda"),
    )
}

/// 409: the value of a unique field is another customer's.
pub fn field_taken(existing: Option<CustomerId>, key: &str) -> Problem {
    let problem = Problem::conflict(
        "customer-field-taken",
        Message::new(
            "Another customer has the value of a unique field",
            "Otro cliente tiene el valor de un campo único",
        ),
    )
    .member("field", json!(format!("custom_fields.{key}")));
    let Some(existing) = existing else {
        let detail = Message::formatted(
            format!("`{key}` is the same as that of a customer of somebody else, which you do not see"),
            format!("`{key}` es igual al de un cliente de otra persona, que usted no ve"),
        );
        return problem.detail(detail).member("existing_id", json!(null));
    };
    problem
        .detail(Message::formatted(
            format!("`{key}` is the same as that of customer {existing}; change one of both"),
            format!("`{key}` es igual al del cliente {existing}; cambie uno de los dos"),
        ))
        .member("existing_id", json!(existing))
        .member("existing", json!(place(existing)))
}
