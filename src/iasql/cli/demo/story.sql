-- # Connect
-- A PostgreSQL and a stand-in for AWS now run on this machine, and an engine between them.
-- Everything below is plain SQL over an ordinary connection.
select version from iasql_version();

-- # Install modules
-- A module is a few tables, and their rows are what is in the account: nothing has to be imported.
select * from iasql_install('aws_account');

-- Two regions are enough for a walk.
update aws_regions set is_enabled = region in ('us-east-1', 'eu-west-1');

select default_aws_region('us-east-1');

select module_name, count(*) as tables, sum(record_count) as rows
from iasql_install('aws_s3', 'aws_vpc', 'aws_security_group', 'aws_iam', 'aws_sqs')
group by module_name
order by module_name;

-- AWS gives every region a network of its own. Here they are.
select v.region, v.cidr_block, count(s.id) as subnets
from vpc v join subnet s on s.vpc_id = v.id
group by v.id
order by v.region;

-- # Rows in
-- A transaction holds what belongs together. Nothing reaches AWS yet.
select * from iasql_begin('A home for the shop');

insert into vpc (cidr_block, tags) values ('10.1.0.0/16', '{"Name": "shop"}');

insert into security_group (group_name, description, vpc_id)
select 'shop-web', 'The front door of the shop', id from vpc where tags ->> 'Name' = 'shop';

insert into security_group_rule (security_group_id, is_egress, ip_protocol, from_port, to_port, cidr_ipv4, description)
select id, false, 'tcp', 443, 443, '0.0.0.0/0', 'https' from security_group where group_name = 'shop-web';

insert into bucket (name, tags) values ('shop-invoices-2024', '{"team": "shop"}');

insert into iam_role (role_name, description, assume_role_policy_document)
values (
    'shop-worker',
    'Reads orders, writes invoices',
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
);

insert into queue (name, visibility_timeout) values ('shop-orders', 60);

-- # Preview, then commit
select action, table_name, id, description from iasql_preview();

select action, table_name, id, description from iasql_commit();

-- What AWS decided has come back into the rows.
select g.group_name, g.group_id, v.vpc_id, v.state
from security_group g join vpc v on v.id = g.vpc_id
where g.group_name = 'shop-web';

-- And AWS itself, asked without us, agrees.
-- aws: security_groups
-- aws: buckets

-- # Somebody changes AWS behind our back
-- aws: colleague

-- The engine looks every two minutes; this is the same, now.
select action, table_name, id, description, side from iasql_sync();

select name, visibility_timeout from queue;

-- # Both at once
select * from iasql_begin('Slower workers');

update queue set visibility_timeout = 120 where name = 'shop-orders';

-- aws: colleague_again

-- Neither overwrites the other in silence: the preview says what was agreed, what we want and what AWS has now.
select action, table_name, conflict from iasql_preview();

-- A plain iasql_commit() would be refused. Ours is to win this time, and the log will say that we said so.
select action, table_name, id, description from iasql_commit('Ours, as agreed on the phone', force => true);

-- # A change of mind
select * from iasql_begin('Tidy up');

delete from bucket where name = 'made-by-hand';

update queue set visibility_timeout = 5 where name = 'shop-orders';

select action, table_name, id, description from iasql_preview();

select action, table_name, id, description from iasql_rollback();

select name, tags from bucket order by name;

-- # Gone for good
select * from iasql_begin('The hand-made bucket goes');

delete from bucket where name = 'made-by-hand';

select action, table_name, id, description from iasql_commit();

-- aws: buckets

-- # Back to a moment
-- How it was when the shop was opened: the way there is a transaction like any other, to look at first.
select action, table_name, id, changes
from iasql_restore((select closed_at from iasql_transaction where message = 'A home for the shop'), array['queue']);

select action, table_name, id, description from iasql_commit();

select name, visibility_timeout from queue;

-- # Who did what
select changed_by, origin, column_name, before, after, message
from iasql_history('queue', '{"id": 1}')
where column_name = 'visibility_timeout'
order by ts;

-- Nobody can change that log, and whoever bypasses its guards is found out.
select ok, sealed_rows, reason from iasql_audit_verify();

-- It holds every change, who made it, and each call to AWS.
select id, changed_by, origin, change_type, table_name, key, message
from iasql_audit_log
where change_type in ('INSERT', 'UPDATE', 'DELETE', 'OPEN_TRANSACTION', 'START_COMMIT', 'CLOSE_TRANSACTION')
order by id desc limit 12;
