-- One document: what `iasql status` tells beside the engine's own word.
select json_build_object(
    'modules', (
        select coalesce(json_agg(row_to_json(found.*) order by found.module_name), '[]')
        from (select module_name, module_version from iasql_modules_installed()) found
    ),
    'transaction', (
        select coalesce(json_agg(row_to_json(found.*) order by found.opened_at), '[]')
        from (
            select transaction_id, state, opened_by, opened_at, message, changes
            from iasql_transaction
            where state in ('open', 'committing')
        ) found
    ),
    'freshness', (
        select coalesce(json_agg(row_to_json(found.*) order by found.table_name, found.region), '[]')
        from (select table_name, region, last_ok, age, error from iasql_freshness) found
    ),
    'conflicts', (
        select coalesce(json_agg(row_to_json(found.*)), '[]')
        from iasql_conflict found
    )
)
