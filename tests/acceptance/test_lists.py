"""Arrays of cloud ids through the whole engine: made with what they name, following it, gone with it, and back."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.errors import ForeignKeyViolation

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_security_group")


def test_an_array_goes_with_the_rows_that_it_names(sql: Sql, stack: Stack) -> None:
    ec2 = stack.client("ec2")

    def endpoints() -> list[dict[str, Any]]:
        return [each for each in ec2.describe_vpc_endpoints()["VpcEndpoints"] if each["State"] != "deleted"]

    def table() -> str:
        return str(sql.one("select route_table_id from route_table where tags->>'Name' = 'mine'")["route_table_id"])

    def agreed() -> None:
        (endpoint,) = endpoints()
        shown = sql.one("select route_table_ids, service from endpoint_gateway")
        assert shown == {"route_table_ids": [table()], "service": "s3"}
        assert endpoint["RouteTableIds"] == [table()]
        told = {row["table_name"] for row in sql("select * from iasql_sync()")}
        assert "endpoint_gateway" not in told

    # both in one transaction: the route table has no id yet, and is named by its key
    sql("select * from iasql_begin()")
    sql('insert into route_table (vpc_id, tags) select id, \'{"Name": "mine"}\' from vpc where is_default')
    sql(
        "insert into endpoint_gateway (service, vpc_id, route_table_ids)"
        " select 's3', v.id, array[t.id::text] from vpc v, route_table t where v.is_default and t.tags is not null"
    )
    sql("select * from iasql_commit()")
    agreed()

    with pytest.raises(ForeignKeyViolation, match=f"route_table {table()} is used by endpoint_gateway.route_table_ids"):
        sql("delete from route_table where tags is not null")
    sql('update route_table set tags = tags || \'{"used": "yes"}\' where tags is not null')

    # a replaced route table gets another id, which the endpoint leads to from then on
    before = table()
    sql("select * from iasql_begin()")
    sql("insert into vpc (cidr_block) values ('10.8.0.0/16')")
    sql("update route_table set vpc_id = (select id from vpc where not is_default) where tags is not null")
    sql("select * from iasql_commit()")
    assert table() != before
    agreed()

    sql("select * from iasql_begin()")
    sql("delete from endpoint_gateway")
    sql("delete from route_table where tags is not null")
    sql("select * from iasql_commit()")
    assert endpoints() == []
    gone = sql.one("select transaction_id from iasql_result()")["transaction_id"]
    sql("select * from iasql_revert(%s)", gone)
    sql("select * from iasql_commit()")
    agreed()
