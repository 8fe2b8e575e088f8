DROP FUNCTION leads.find_form(text);
DROP TABLE leads.form_results;
DROP TABLE leads.form_consents;
DROP TABLE leads.forms;
