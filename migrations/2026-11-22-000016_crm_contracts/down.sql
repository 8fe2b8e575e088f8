DROP TABLE crm.contracts;
