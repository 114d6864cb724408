-- One document: what `iasql status` tells beside the engine's own word.
select jsonb_build_object(
    'modules', (
        select coalesce(jsonb_agg(to_jsonb(found.*) order by found.module_name), '[]')
        from (select module_name, module_version from iasql_modules_installed()) found
    ),
    'transaction', (
        select coalesce(jsonb_agg(to_jsonb(found.*) order by found.opened_at), '[]')
        from (
            select transaction_id, state, opened_by, opened_at, message, changes
            from iasql_transaction
            where state in ('open', 'committing')
        ) found
    ),
    'freshness', (
        select coalesce(jsonb_agg(to_jsonb(found.*) order by found.table_name, found.region), '[]')
        from (select table_name, region, last_ok, age, error from iasql_freshness) found
    ),
    'conflicts', (
        select coalesce(jsonb_agg(to_jsonb(found.*)), '[]')
        from iasql_conflict found
    )
)
