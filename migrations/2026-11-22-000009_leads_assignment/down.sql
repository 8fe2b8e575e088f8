DROP TABLE leads.assignment_rules;
