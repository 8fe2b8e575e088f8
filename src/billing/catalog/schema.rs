//! The tables of the catalogue in the PostgreSQL schema `billing`.

diesel::table! {
    billing.products (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        kind -> Text,
        sku -> Text,
        sku_key -> Text,
        name -> Text,
        description -> Nullable<Text>,
        sat_product_key -> Nullable<Text>,
        unit_code -> Nullable<Text>,
        taxes -> Jsonb,
        images -> Array<Text>,
        tracks_stock -> Bool,
        allows_backorder -> Bool,
        archived_at -> Nullable<Timestamptz>,
        search_text -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        custom_fields -> Jsonb,
        import_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    billing.bundle_components (tenant_id, bundle_id, product_id) {
        tenant_id -> Uuid,
        bundle_id -> Uuid,
        product_id -> Uuid,
        bundle_kind -> Text,
        product_kind -> Text,
        quantity -> Int8,
    }
}

diesel::table! {
    billing.price_lists (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        name -> Text,
        currency -> Text,
        valid_from -> Nullable<Timestamptz>,
        valid_until -> Nullable<Timestamptz>,
        archived_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    billing.prices (tenant_id, price_list_id, product_id) {
        tenant_id -> Uuid,
        price_list_id -> Uuid,
        product_id -> Uuid,
        unit_price -> Int8,
        updated_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(products, bundle_components, price_lists, prices);
