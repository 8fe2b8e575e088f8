DROP FUNCTION crm.find(text[], text), crm.tenants();
DROP TABLE crm.activities, crm.contacts, crm.field_values, crm.fields, crm.tax_ids, crm.customers;
