//! The tables of insights.

diesel::table! {
    insights.customers (tenant_id, customer_id) {
        tenant_id -> Uuid,
        customer_id -> Uuid,
        source -> Nullable<Text>,
        campaign -> Nullable<Text>,
        owner_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    insights.invoices (tenant_id, invoice_id) {
        tenant_id -> Uuid,
        invoice_id -> Uuid,
        customer_id -> Uuid,
        owner_id -> Nullable<Uuid>,
        currency -> Text,
        revenue -> Int8,
        overdue_on -> Nullable<Date>,
        overdue -> Int8,
    }
}

diesel::table! {
    insights.leads (tenant_id, lead_id) {
        tenant_id -> Uuid,
        lead_id -> Uuid,
        source -> Nullable<Text>,
        campaign -> Nullable<Text>,
        owner_id -> Nullable<Uuid>,
        created_on -> Date,
        qualified_on -> Nullable<Date>,
        converted_on -> Nullable<Date>,
        counted -> Bool,
    }
}

diesel::table! {
    insights.quotations (tenant_id, quotation_id) {
        tenant_id -> Uuid,
        quotation_id -> Uuid,
        customer_id -> Uuid,
        owner_id -> Nullable<Uuid>,
        sent_on -> Nullable<Date>,
    }
}

use diesel::sql_types::{Array, BigInt, Date, Nullable, Text, Uuid};

#[diesel::declare_sql_function]
extern "SQL" {
    #[sql_name = "insights.add_figures"]
    fn add_figures(
        tenant: Uuid,
        day: Date,
        owner: Nullable<Uuid>,
        source: Text,
        campaign: Text,
        currency: Text,
        figures: Array<BigInt>,
    ) -> diesel::sql_types::Bool;
}
