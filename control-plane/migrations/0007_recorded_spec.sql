-- What is recorded of a container are the user's own settings: no image's defaults have to be taken
-- out of them, so it does not matter which image they were recorded from.
alter table services drop column recorded_image_reference;
