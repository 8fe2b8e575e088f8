//! Why rows are no leads, or no new ones.

use crate::kernel::{Invalid, Message};

/// The row's lead was in the tenant before the import.
pub fn already_there() -> Message {
    Message::new(
        "A lead with this e-mail or phone is there already.",
        "Ya existe un prospecto con este correo o teléfono.",
    )
}

/// The row's lead stands further up in the same file.
pub fn repeated() -> Message {
    Message::new(
        "An earlier row of the file has the same e-mail or phone.",
        "Una fila anterior del archivo tiene el mismo correo o teléfono.",
    )
}

/// The row has no way to reach anybody.
pub fn unreachable() -> Message {
    Message::new("The row has neither an e-mail nor a phone.", "La fila no tiene correo ni teléfono.")
}

/// The row has an e-mail or a phone, but none that can be read.
pub fn unreadable(why: &Invalid) -> Message {
    Message::formatted(
        format!("No e-mail or phone of the row can be read: {}", why.0.en),
        format!("No se puede leer ningún correo ni teléfono de la fila: {}", why.0.es),
    )
}
