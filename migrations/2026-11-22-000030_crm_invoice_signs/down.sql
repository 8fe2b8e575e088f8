DROP TABLE crm.invoice_signs;
