//! The table of customers' owners in the PostgreSQL schema `billing`.

diesel::table! {
    billing.customer_owners (tenant_id, customer_id) {
        tenant_id -> Uuid,
        customer_id -> Uuid,
        owner_id -> Nullable<Uuid>,
        version -> Int4,
    }
}
