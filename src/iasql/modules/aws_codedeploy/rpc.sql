-- What an instance runs when it starts, so that CodeDeploy can reach it.

create or replace function generate_codedeploy_agent_install_script(region text, distro text) returns text
language plpgsql immutable
as $$
begin
  if distro is distinct from 'ubuntu' then
    raise exception 'There is no install script for %', coalesce(distro, 'null')
      using errcode = 'invalid_parameter_value', hint = 'Allowed is ubuntu.';
  end if;
  return format($script$#!/bin/bash
set -e
apt-get update
apt-get install -y ruby-full wget
cd /tmp
wget https://aws-codedeploy-%1$s.s3.%1$s.amazonaws.com/latest/install
chmod +x ./install
./install auto
systemctl enable --now codedeploy-agent
$script$, region);
end
$$;

comment on function generate_codedeploy_agent_install_script(text, text) is
  '{"module": "aws_codedeploy", "description": "A script that installs the CodeDeploy agent, for an instance''s user_data.", "sample_usage": "select generate_codedeploy_agent_install_script(''us-east-1'', ''ubuntu'')"}';
