-- So that a page far from the beginning is found in an index alone: PostgreSQL takes what `lower(name)` is made of
-- from it only if `name` is there, too. Services that can be linked to an image are all but its own.
drop index services_name;
create index services_name on services (environment_id, lower(name), id) include (name, container_image_id);
drop index services_of_server;
create index services_of_server on services (server_id, lower(name), id) include (name);
drop index container_images_name;
create index container_images_name on container_images (environment_id, lower(name), id) include (name);
drop index deployment_plans_environment;
create index deployment_plans_environment on deployment_plans (environment_id, created_at desc, id desc);
