-- What rpc.sql made.
drop function generate_put_ecr_image_build_spec(text, text, text, text, text, text[]);
