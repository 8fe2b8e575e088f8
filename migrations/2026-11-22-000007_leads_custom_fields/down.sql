DROP TABLE leads.field_values;
DROP TABLE leads.fields;
