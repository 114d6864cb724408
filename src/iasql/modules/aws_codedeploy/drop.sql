-- What rpc.sql made.
drop function generate_codedeploy_agent_install_script(text, text);
