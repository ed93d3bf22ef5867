-- Gitea or Forgejo, Artifactory and Nexus beside the ten kinds of registries.
alter table registries
  drop constraint registries_type_check,
  add constraint registries_type_check check (type in
    ('generic', 'dockerhub', 'ghcr', 'gitlab', 'digitalocean', 'ecr', 'gcr', 'acr', 'quay', 'harbor',
      'gitea', 'artifactory', 'nexus'));
