//! Tasks over HTTP.

mod lists;
mod records;

use crate::platform::http::Routes;

/// Registers the operations on tasks.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(lists::customers_due_tasks)
        .service(lists::customers_list_tasks)
        .service(records::customers_add_task)
        .service(records::customers_get_task)
        .service(records::customers_change_task)
        .service(records::customers_complete_task)
        .service(records::customers_reopen_task)
        .service(records::customers_remove_task);
}
