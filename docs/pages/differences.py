"""The page of differences from the original IaSQL: what its users must know when they bring their SQL along.

The columns are compared with a table of the original's in tests/declarations, so that none differs unsaid.
"""

from __future__ import annotations

HEAD = """\
# Differences from the original IaSQL

Tables and columns have the original's names and types, so that its SQL carries over. What differs is listed here.
Throughout, `json` became `jsonb`, `timestamp` became `timestamp with time zone`, `varchar[]` became `text[]`, and a
serial number an identity column that still takes a number of yours. More columns than the original's are not listed;
see [the tables](tables.md).
"""

TABLE = "| {} | difference |\n|---|---|\n"

COLUMNS = {
    "aws_credentials.access_key_id": "nullable: a row may name a `profile` or a `role_arn` instead of keys",
    "aws_credentials.secret_access_key": "nullable, for the same reason; kept in the vault and shown as `********`",
    "codebuild_project.environment_variables": "`jsonb`; its values are kept in the vault and shown as `********`",
    "container_definition.env_variables": "`jsonb`; its values are kept in the vault and shown as `********`",
    "dynamo_table.primary_key": "still `json`, not `jsonb`: the attribute that is named first is the partition key",
    "resource_record_set.parent_hosted_zone_id": "not null: every record is in a zone",
    "ssh_credentials.port": "an integer: a `smallint` cannot hold every port",
    "vpc.enable_dns_hostnames": "nullable, with no default: null leaves it to AWS, where `false` would change it",
    "vpc.enable_dns_support": "nullable, with no default: AWS has it on, and the original's default turned it off",
    "vpc.enable_network_address_usage_metrics": "nullable, with no default: null leaves it to AWS",
}
"""Columns whose type, nullability or default differs, and why."""

VALUES = {
    "certificate_certificate_type_enum": ("PRIVATE",),
    "codedeploy_application_compute_platform_enum": ("ECS",),
    "lambda_function_runtime_enum": (
        "dotnet8", "java17", "java21", "nodejs20.x", "nodejs22.x", "provided.al2023", "python3.10", "python3.11",
        "python3.12", "python3.13", "ruby3.2", "ruby3.3", "ruby3.4",
    ),
    "source_credentials_list_source_type_enum": ("BITBUCKET", "GITHUB_ENTERPRISE", "GITLAB", "GITLAB_SELF_MANAGED"),
}  # fmt: skip
"""Enum -> what it holds beside the original's values."""

RULES = {
    "aws_regions": (
        "One default region at most, told after the statement, so that one `UPDATE` may move it, and so that "
        "other columns of the default row can be changed."
    ),
    "default_aws_region(text)": (
        "An unknown or disabled region is an error that names the allowed ones; nothing changes."
    ),
    "get_bucket_website_endpoint(text)": (
        "The host name that S3 answers under; the original's was without `s3-website`."
    ),
    "bucket_object, availability_zone, aws_regions, access_key": (
        "A row that a user inserts is put back, with a reason."
    ),
    "public_access_block": (
        "S3 makes every new bucket one, so it arrives as a row; deleting the row lets the bucket be public. A "
        "bucket's policy is written after it."
    ),
    "bucket_website": "A website that redirects all requests has no index document, and so no row.",
    "certificate_request()": (
        "The records that validate a certificate stay in the hosted zone, since ACM looks for them at every renewal; "
        "the original took them away. Names beside the first one are validated too. A certificate that waits for an "
        "e-mail is told with its ARN."
    ),
    "hosted_zone, resource_record_set": (
        "Names get their last dot where it is missing, in small letters. A record's values, `ttl` and alias are "
        "written in place, where the original could not change them. A zone's own NS and SOA records stay until the "
        "zone is deleted. Records of one name and type are told apart by `set_id`, with `routing`."
    ),
    "api, graphql_api": (
        "Every column is changed in place, names too; `tags` are written whenever they change. An API may have "
        "`cors_configuration` and a `route_selection_expression`, which one of WebSockets needs."
    ),
    "distribution": (
        "It has `tags`. A commit does not wait until a change has reached all places: `status` tells. Another "
        "`caller_reference` makes a new one. What CloudFront adds to `origins` and `default_cache_behavior` is shown."
    ),
    "alias_target": (
        "It may lead to whatever has a `dns_name` and a `target_hosted_zone_id`, not only to a load balancer. One that "
        "no record leads to is nothing to Route 53: its row goes with a later refresh."
    ),
    "iam_role": (
        "A change of the trust policy or of attached policies changes what differs, and detaches nothing else. "
        "Service-linked roles stay: a plan refuses to delete them, where the original put the row back "
        "afterwards. With a role go its inline policies and its instance profiles."
    ),
    "iam_role, iam_user": (
        "A member of `attached_policies_arns` is a policy of AWS's own or one that has a row in `iam_policy`, by its "
        "ARN or, while it is new, by its name; a policy that is attached is not deleted. The original checked neither."
    ),
    "bucket, bucket_object, cluster, service, task_definition, container_definition, repository_image, rds, "
    "pipeline_declaration, ecs_simplified": (
        "What refuses to be renamed or moved has the original's trigger, by its name; all of them call one function."
    ),
    "set_user_password()": "What AWS says against a change is reported; the original called some of it OK.",
    "log_group": "A row has `tags` and `retention_in_days`; both are changed in place.",
    "metric_alarm": "All columns are compared, `alarm_actions` and `unit` too, and written in the row's own region.",
    "queue": (
        "Its name is unique in its region. A null `policy` is left to AWS; the original sent one of its own. Each "
        "attribute is written by itself, so that a change of one never takes back another."
    ),
    "endpoint_gateway.route_table_ids": (
        "A member that is no route table of the region is refused, and a route table that is one is not deleted; "
        "the original checked neither."
    ),
    "vpc, subnet, route_table, route, route_table_association, security_group": (
        "AWS's own rows (the default VPC and its subnets, main route tables, local routes, default groups) stay: "
        "a plan refuses to delete them, unless the row they belong to is deleted too. The internet gateway of a "
        "default VPC may be deleted."
    ),
    "subnet.network_acl_id": (
        "Null means the default network ACL of the VPC; null in place of a value puts it back there."
    ),
    "tags": (
        "Tags are changed in place in every table; the original took those of some back (`dhcp_options`, "
        "`route_table`, `internet_gateway`)."
    ),
    "route": (
        "Another target is one `ReplaceRoute`, with no moment in which the route is missing. The check on "
        "`destination` takes every block of addresses and every prefix list."
    ),
    "route_table_association": "It has a `region` that follows from its route table, and so does `vpc_id`.",
    "peering_connection": (
        "It has the regions of both sides, which follow from the VPCs. Only the peering is made; routes over it "
        "are rows of `route`."
    ),
    "endpoint_interface": (
        "It is made in no subnet; each row of `endpoint_interface_subnets` adds one. `private_dns_enabled` and "
        "`dns_name_record_type` are changed in place. Endpoints to services that the enum does not know have no "
        "row."
    ),
    "security_group": (
        "A null `vpc_id` is the default VPC. What AWS lets a new group send is revoked, as the original did. "
        "Network interfaces that are in the way of a deletion are not deleted: AWS's refusal is reported."
    ),
    "repository_image": (
        "An image without a tag has `<untagged>` in `image_tag`. Deleting a row takes its tag away; ECR deletes an "
        "image with its last tag."
    ),
    "repository, public_repository": "Rows have `tags`; private repositories have `encryption_configuration` too.",
    "load_balancer": (
        "A new one without `subnets` gets one subnet in each zone of its `vpc` (null: the default VPC), only in its "
        "`availability_zones` where these are named; afterwards `vpc` and `availability_zones` follow from the "
        "subnets. `attributes` are sent with a new one too, and hold what AWS answers: all of them. `tags` are kept."
    ),
    "instance": (
        "One RunInstances makes it with its groups, its devices and their disks, and its role. `instance_type`, "
        "`role_name` and the security groups change in place; EC2 stops the instance for a new type. No tag of ours is "
        "added. `role_name` is that of its instance profile, whatever the profile is called. A replaced instance gets "
        "new disks for all its devices, which loses what the old ones hold: delete the row of a device first to keep "
        "its disk."
    ),
    "instance_security_groups, instance_block_device_mapping, registered_instance": (
        "They have a `region` that follows from their instance or target group. A `registered_instance` without `port` "
        "gets the target group's. Null in `volume_id` of a new instance's device is what the machine image has there; "
        "`is_root_device` tells from which the instance starts."
    ),
    "general_purpose_volume": (
        "The checks let `gp3` be as large and fast as EC2 has come to allow. A new size or type is awaited. "
        "`is_root_device` follows from the devices."
    ),
    "key_pair": "A row that a user inserts is put back, with a reason. `tags` are kept.",
    "load_balancer_security_groups, listener": (
        "They have a `region` that follows from their load balancer, so that everything is written there; the "
        "original changed listeners and target groups in the default region only."
    ),
    "listener, target_group": (
        "`tags` are kept. A listener that redirects or answers by itself has no target group, and so no row."
    ),
    "task_definition": (
        "A change, also of its containers, makes another revision of the same row, which services follow in the "
        "same commit, and deregisters the one before; the original put the old row back and added another."
    ),
    "container_definition": (
        "`image` is told also where `repository_id` or `public_repository_name` say it; these go before it. Containers "
        "come and go with their task definition, in one call."
    ),
    "service": (
        "Subnets, `assign_public_ip` and security groups are changed in place, with new tasks; the original deleted "
        "the service and made it anew. Its security groups are sent with the call that makes it."
    ),
    "deploy_service()": "A service that is not found is `KO`; the original called it OK.",
    "cluster, task_definition, service": "Rows have `tags`.",
    "lambda_function": (
        "`environment` is kept secret value by value; rows have `timeout`. Subnets, security groups and tags are "
        "changed in place. `zip_b64` stays in the table and in the audit log, as any value does, and is never "
        "compared, since Lambda never tells it."
    ),
    "codebuild_project": (
        "It is changed in place, also its `environment_variables` and `tags`; the original deleted it and made it anew."
    ),
    "pipeline_declaration": (
        "`artifact_store`, `stages`, the role and `tags` are changed in place. A GitHub token in `stages` is moved to "
        "`oauth_token`, which is kept secret, and `****` stands in its place, as CodePipeline tells it."
    ),
    "codedeploy_deployment_group": "Its name is unique in its application; `full_name` has both, with a slash between.",
    "codebuild_build_list": "`project_name` is null when the project is gone: CodeBuild keeps its builds.",
    "generate_put_ecr_image_build_spec(text)": (
        "The tag that is built is the tag that is pushed; the original tagged `latest` whatever was asked for."
    ),
    "security_group_rule": (
        "`Check_security_or_ip_permissions` takes every rule that AWS has: a source group together with ports, a "
        "prefix list, a group of another account (`referenced_group_id`). One row is one rule: it has one source. "
        "`description` is changed in place. A source group without a protocol is not spread over three rules."
    ),
    "dynamo_table": (
        "`table_class` is written, and another key replaces the table, where the original took both back. "
        "`partition_key` says which attribute chooses the partition. Encryption, point-in-time recovery, deletion "
        "protection and `tags` are columns; a table that is protected stays. A null `throughput` is not taken, none is "
        '`"PAY_PER_REQUEST"`.'
    ),
    "secret": (
        "Its value stays in the vault and is shown as `********`; the original set the column to null. Null in place "
        "of a value leaves the one that AWS has."
    ),
    "cache_cluster": (
        "`node_type` and `num_nodes` are changed in place; the original deleted the cluster and made it again. Another "
        "`engine` replaces it. A member of a replication group stays."
    ),
    "rds, db_cluster": (
        "Passwords stay in the vault and are shown as `********`; the original set the column to null. Only what "
        "changed "
        "is sent. Encryption, backups and deletion protection are columns; what is protected stays, and so do the "
        "instances of a cluster. `parameter_group_id` is changed in place."
    ),
    "rds_security_groups, db_cluster_security_groups, memory_db_cluster_security_groups": (
        "A new database is made with the groups that the same commit inserts, and with the VPC's default one only "
        "where "
        "there are none. They have a `region` that follows from their database."
    ),
    "db_subnet_group": (
        "Other `subnets` are written; the original sent those of the cloud back. `tags` are kept. AWS's own group, "
        "`default`, has no row, and `subnet_group_id` of what is in it is null."
    ),
    "parameter_group": (
        "`parameters` holds what somebody set, and not the engine's defaults; what is taken out of it is reset. "
        "Groups of "
        "families that the enum does not know have no row."
    ),
    "subnet_group, memory_db_cluster": (
        "A subnet that is a member may be changed, and not deleted. Other `subnets` are always written; the "
        "original did "
        "so only where their number differed. `tags` are kept. The group `default` stays. Clusters of nodes that the "
        "enum does not know have no row."
    ),
    "domain, domain_subnets, domain_security_groups": (
        "A new domain is made in its subnets, which it can never enter later. Security groups are changed in "
        "place, and "
        "so is `version` (`UpgradeDomain`). Whoever lets users sign in gets the encryption that this needs."
    ),
    "topic": (
        "An attribute set to null goes back to what it is in a new topic. `data_protection_policy` is written and "
        "never read back, since AWS leaves it to accounts that used it before. `tags` are kept."
    ),
    "subscription": (
        "A row may be inserted, which subscribes, and deleted, which unsubscribes, unless it waits for its "
        "confirmation. Only subscriptions to topics of the account have rows."
    ),
    "subscribe(), confirm_subscription(), unsubscribe()": (
        "Their arguments have names. Without a `region` they act in that of the ARN, where the original took the "
        "default region."
    ),
    "ssh_credentials": (
        "The key and its passphrase are kept in the vault. `host_key` is the key that the machine must show: learned "
        "when it is reached first, checked from then on."
    ),
    "package": (
        "A row is a package that is installed, or the version that one can be upgraded to, and not each of the tens of "
        "thousands that could be. Inserting a row installs it, deleting one removes it."
    ),
    "docker_container": (
        "A row shows what was said when the container was made, without what its image says. A change of all but "
        "`state` makes it again; the states of which a user may choose are created, running, paused and exited."
    ),
    "ecs_simplified": (
        "An update writes what differs in place; the original deleted everything and made it again. Names may hold "
        "`-`, and everything is made in the row's own region. The environment is kept in the vault and shown as "
        "`********`. The row follows low-level rows: at once after a user's change, once a batch after the engine's."
    ),
    "check_service_subnets(), check_subnets_by_service(), check_subnets_by_load_balancer(), "
    "check_subnets_by_lambda(), check_subnets_by_subnet_group()": (
        "They are gone: arrays refer to rows by one mechanism, which blocks no harmless change."
    ),
    "sync_ecs_simplified(), insert_ecs_simplified_trigger(), update_ecs_simplified_trigger(), "
    "delete_ecs_simplified_trigger()": "They are gone: high-level tables follow a view.",
    "iasql_audit(), maybe_commit(), query_cron(), try_cast()": (
        "They are gone: the log and the clock are the engine's, and a value that cannot be cast is an error."
    ),
    "invoke_*": (
        "Every service has one; the former names still serve. `invoke_lambda` calls Lambda, and `invoke_elb` the "
        "balancers of today (`invoke_elb_classic` the first generation's). The name of the method is a text, in three "
        "spellings. What only reads needs no transaction of its own and may be called by everybody; the rest is logged."
    ),
}
"""Table or function -> what it does differently."""


def page() -> str:
    """The whole page."""
    columns = "".join(f"| `{name}` | {text} |\n" for name, text in COLUMNS.items())
    rules = "".join(f"| {_code(name)} | {text} |\n" for name, text in RULES.items())
    values = "".join(
        f"| `{name}` | also {', '.join(f'`{value}`' for value in more)} |\n" for name, more in VALUES.items()
    )
    parts = {"Columns": ("column", columns), "Values": ("enum", values), "Rules": ("of", rules)}
    return "\n".join((HEAD, *(f"## {title}\n\n{TABLE.format(of)}{lines}" for title, (of, lines) in parts.items())))


def _code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))
