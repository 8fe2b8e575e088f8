DROP TABLE crm.tasks;
