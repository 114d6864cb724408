"""A public website as a user types it: bucket, access block, policy and objects, and all of it gone again."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.conftest import Sql, Stack

READ = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::story-site/*"}
PUBLIC = json.dumps({"Version": "2012-10-17", "Statement": [READ]})


@pytest.fixture
def site(sql: Sql) -> Sql:
    """A bucket that serves a website to everybody, made in one commit."""
    sql("select * from iasql_install('aws_s3')")
    sql("select * from iasql_begin()")
    sql("insert into bucket (name, region, policy) values ('story-site', 'eu-west-1', %s)",
        PUBLIC)  # fmt: skip
    sql("insert into public_access_block (bucket_name, block_public_policy, restrict_public_buckets)"
        " values ('story-site', false, false)")  # fmt: skip
    sql("insert into bucket_website (bucket_name, index_document) values ('story-site', 'index.html')")
    sql("select * from iasql_commit()")
    return sql


def test_a_website_comes_and_goes(site: Sql, stack: Stack) -> None:
    s3 = stack.client("s3", "eu-west-1")
    assert json.loads(s3.get_bucket_policy(Bucket="story-site")["Policy"]) == json.loads(PUBLIC)
    assert s3.get_public_access_block(Bucket="story-site")["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    assert s3.get_bucket_website(Bucket="story-site")["IndexDocument"] == {"Suffix": "index.html"}
    assert site.one("select created_at is not null as made from bucket") == {"made": True}

    told = site.one("select * from s3_upload_object('story-site', 'index.html', '<p>Hello', 'text/html')")
    assert told["status"] == "OK"
    assert s3.get_object(Bucket="story-site", Key="index.html")["Body"].read() == b"<p>Hello"
    assert site.one("select bucket_name, key, region from bucket_object") == {
        "bucket_name": "story-site", "key": "index.html", "region": "eu-west-1"}  # fmt: skip

    site("select * from iasql_begin()")
    site("update bucket_website set error_document = '404.html'")
    site('update bucket set policy = null, tags = \'{"a": "1"}\'')
    site("select * from iasql_commit()")
    assert s3.get_bucket_website(Bucket="story-site")["ErrorDocument"] == {"Key": "404.html"}
    assert s3.get_bucket_tagging(Bucket="story-site")["TagSet"] == [{"Key": "a", "Value": "1"}]

    site("select * from iasql_begin()")
    site("delete from bucket_object")
    site("delete from bucket")
    site("select * from iasql_commit()")
    assert s3.list_buckets()["Buckets"] == []
    assert site("select * from bucket_website") == []


def test_an_object_without_content_is_put_back(site: Sql, stack: Stack) -> None:
    site("insert into bucket_object (bucket_name, key, region) values ('story-site', 'empty.html', 'eu-west-1')")
    site("select * from iasql_sync()")
    assert site("select * from bucket_object") == []
    assert stack.client("s3", "eu-west-1").list_objects_v2(Bucket="story-site")["KeyCount"] == 0
