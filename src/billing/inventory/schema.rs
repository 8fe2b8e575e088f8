//! The tables of the inventory in the PostgreSQL schema `billing`.

diesel::table! {
    billing.warehouses (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        name -> Text,
        archived_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    billing.stock (tenant_id, warehouse_id, product_id) {
        tenant_id -> Uuid,
        warehouse_id -> Uuid,
        product_id -> Uuid,
        on_hand -> Int8,
        reserved -> Int8,
        allows_backorder -> Bool,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    billing.movements (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        warehouse_id -> Uuid,
        product_id -> Uuid,
        kind -> Text,
        quantity -> Int8,
        balance -> Int8,
        note -> Nullable<Text>,
        quotation_id -> Nullable<Uuid>,
        user_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    billing.reservations (tenant_id, quotation_id, warehouse_id, product_id) {
        tenant_id -> Uuid,
        quotation_id -> Uuid,
        warehouse_id -> Uuid,
        product_id -> Uuid,
        quantity -> Int8,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    billing.lots (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        kind -> Text,
        number -> Text,
        polygon -> Jsonb,
        area -> Int8,
        price_minor -> Int8,
        currency -> Text,
        down_payment_minor -> Int8,
        instalments -> Int4,
        status -> Text,
        customer_id -> Nullable<Uuid>,
        quotation_id -> Nullable<Uuid>,
        reserved_until -> Nullable<Timestamptz>,
        sold_at -> Nullable<Timestamptz>,
        updated_at -> Timestamptz,
    }
}
