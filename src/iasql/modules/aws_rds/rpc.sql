-- A cluster makes its instances by itself, under names and in a region of its own choice.

create or replace function block_rds_in_cluster_pk_update() returns trigger
language plpgsql
as $$
begin
  raise exception 'Identifier or region of an instance in a DB cluster cannot be modified'
    using detail = format('Instance %s in %s belongs to a cluster.', old.db_instance_identifier, old.region),
          hint = 'Change the cluster instead.';
end
$$;

create or replace trigger block_rds_in_cluster_pk_update before update on rds
  for each row
  when (
    old.db_cluster_id is not null
    and (old.region is distinct from new.region or old.db_instance_identifier is distinct from new.db_instance_identifier)
  )
  execute function block_rds_in_cluster_pk_update();
