-- The tables whose rows are logged, and the columns that are left out of the log.
select w.table_name, w.rel::text, w.keys, w.derived || w.volatile from iasql.watched w order by 1
