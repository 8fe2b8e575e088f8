//! What refusals about leads look like to clients.

use serde_json::json;

use super::LeadId;
use crate::kernel::{Invalid, Message};
use crate::leads::domain::Status;
use crate::platform::problem::{FieldError, Problem};

/// 409: the e-mail address or phone is another lead's.
pub fn duplicate(existing: Option<LeadId>, field: &str) -> Problem {
    let title = Message::new(
        "There is a lead with this e-mail or phone",
        "Ya hay un prospecto con este correo o teléfono",
    );
    let (en, es) = if field == "phone" { ("phone", "teléfono") } else { ("e-mail", "correo") };
    let problem = Problem::conflict("lead-duplicate", title);
    let Some(existing) = existing else {
        let detail = Message::formatted(
            format!(
                "The same {en} belongs to a lead of somebody else, which you do not see; ask whoever sees everything, or send `?on_duplicate=allow` to keep both"
            ),
            format!(
                "El mismo {es} es de un prospecto de otra persona, que usted no ve; consulte a quien vea todo, o envíe `?on_duplicate=allow` para conservar ambos"
            ),
        );
        return problem.detail(detail).member("existing_id", json!(null)).member("field", json!(field));
    };
    let detail = Message::formatted(
        format!(
            "The same {en} belongs to lead {existing}; send `?on_duplicate=update` to update it, or `allow` to keep both"
        ),
        format!(
            "El mismo {es} es del prospecto {existing}; envíe `?on_duplicate=update` para actualizarlo, o `allow` para conservar ambos"
        ),
    );
    problem
        .detail(detail)
        .member("existing_id", json!(existing))
        .member("existing", json!(format!("/api/v1/leads/{existing}")))
        .member("field", json!(field))
}

/// 409: the state machine has no such way.
pub fn wrong_state(from: Status, to: Status) -> Problem {
    let (from_name, to_name) = (from.as_str(), to.as_str());
    let allowed: Vec<&str> = from.ways().iter().map(|status| status.as_str()).collect();
    let list = allowed.join(", ");
    Problem::conflict(
        "lead-wrong-state",
        Message::new("The lead is in another state", "El prospecto está en otro estado"),
    )
    .detail(Message::formatted(
        format!("A lead that is `{from_name}` cannot become `{to_name}`; from here: {list}"),
        format!("Un prospecto en `{from_name}` no puede pasar a `{to_name}`; desde aquí: {list}"),
    ))
    .member("allowed", json!(allowed))
}

/// 422: nobody active by that id works in the tenant.
pub fn unknown_owner() -> Problem {
    let reason = Invalid::new(
        "is not an active user of this company; `GET /api/v1/users` lists them",
        "no es un usuario activo de esta empresa; `GET /api/v1/users` los muestra",
    );
    Problem::invalid(vec![FieldError::at("/owner_id", reason)])
}

/// 409: the value of a unique field is another lead's.
pub fn field_taken(existing: Option<LeadId>, key: &str) -> Problem {
    let problem = Problem::conflict(
        "lead-field-taken",
        Message::new(
            "Another lead has the value of a unique field",
            "Otro prospecto tiene el valor de un campo único",
        ),
    )
    .member("field", json!(format!("custom_fields.{key}")));
    let Some(existing) = existing else {
        let detail = Message::formatted(
            format!("`{key}` is the same as that of a lead of somebody else, which you do not see"),
            format!("`{key}` es igual al de un prospecto de otra persona, que usted no ve"),
        );
        return problem.detail(detail).member("existing_id", json!(null));
    };
    problem
        .detail(Message::formatted(
            format!("`{key}` is the same as that of lead {existing}; change one of both"),
            format!("`{key}` es igual al del prospecto {existing}; cambie uno de los dos"),
        ))
        .member("existing_id", json!(existing))
        .member("existing", json!(format!("/api/v1/leads/{existing}")))
}

/// 422: a lead and itself.
pub fn merge_with_itself() -> Problem {
    let reason = Invalid::new("is the same lead; give another one", "es el mismo prospecto; indique otro");
    Problem::invalid(vec![FieldError::at("/other_id", reason)])
}

/// 409: one of both is converted.
pub fn merge_converted(lead: LeadId) -> Problem {
    Problem::conflict(
        "lead-converted",
        Message::new("A converted lead is not merged", "Un prospecto convertido no se fusiona"),
    )
    .detail(Message::formatted(
        format!("Lead {lead} became a customer; merge the customers instead"),
        format!("El prospecto {lead} ya es cliente; fusione los clientes"),
    ))
    .member("lead_id", json!(lead))
}

/// 409: it is too late.
pub fn merge_over() -> Problem {
    Problem::conflict(
        "merge-over",
        Message::new(
            "The merge cannot be undone: it was undone before, is older than 30 days, or the lead is gone",
            "La fusión ya no se puede deshacer: ya se deshizo, tiene más de 30 días o el prospecto ya no existe",
        ),
    )
}
