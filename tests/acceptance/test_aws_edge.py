"""APIs and distributions as a user types them."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from tests.acceptance.conftest import Sql, Stack, look_at_one_region
from tests.declarations.pem import self_signed
from tests.declarations.test_round_trip_edge import BEHAVIOR, SITE


def test_apis_and_distributions_come_and_go(sql: Sql, stack: Stack) -> None:
    stack.client("appsync").create_graphql_api(name="theirs", authenticationType="API_KEY")
    look_at_one_region(sql, "aws_api_gateway", "aws_appsync", "aws_cloudfront")
    assert sql("select name from graphql_api") == [{"name": "theirs"}]
    sql("select * from certificate_import(%s, %s)", *self_signed("www.a.example"))

    sql("select * from iasql_begin()")
    sql("insert into api (name, tags) values ('front', '{\"a\": \"1\"}')")
    sql("insert into graphql_api (name, authentication_type) values ('ours', 'AWS_IAM')")
    sql(
        "insert into distribution (origins, default_cache_behavior, alternate_domain_names, custom_ssl_certificate_id)"
        " select %s, %s, '{www.a.example}', id from certificate", Jsonb(SITE), Jsonb(BEHAVIOR)
    )  # fmt: skip
    sql("select * from iasql_commit()")
    front = sql.one("select protocol_type, api_id is not null as made, tags from api")
    assert front == {"protocol_type": "HTTP", "made": True, "tags": {"a": "1"}}
    site = sql.one("select d.domain_name, c.domain_name as shows from distribution d"
                   " join certificate c on c.id = d.custom_ssl_certificate_id")  # fmt: skip
    assert site["domain_name"].endswith(".cloudfront.net")
    assert site["shows"] == "www.a.example"

    sql("select * from iasql_begin()")
    sql("update api set description = 'd', tags = '{\"b\": \"2\"}'")
    sql("update graphql_api set tags = '{\"b\": \"2\"}' where name = 'ours'")
    sql("update distribution set enabled = false, comment = 'off'")
    sql("select * from iasql_commit()")
    (api,) = stack.client("apigatewayv2").get_apis()["Items"]
    assert (api["Description"], api["Tags"]) == ("d", {"b": "2"})
    tags = {each["name"]: each.get("tags") for each in stack.client("appsync").list_graphql_apis()["graphqlApis"]}
    assert tags["ours"] == {"b": "2"}
    (found,) = stack.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    assert (found["Enabled"], found["Comment"]) == (False, "off")

    sql("select * from iasql_begin()")
    for table in ("api", "graphql_api", "distribution", "certificate"):
        sql(f"delete from {table}")
    sql("select * from iasql_commit()")
    assert stack.client("apigatewayv2").get_apis()["Items"] == []
    assert stack.client("cloudfront").list_distributions()["DistributionList"].get("Items", []) == []
