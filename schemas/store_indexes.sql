-- SPDX-License-Identifier: Apache-2.0
--
-- Indexes that a store does without while it is first filled (store/fresh.h). Every writer makes
-- those that are missing.

-- Images whose bytes nobody read are found by their paths.
CREATE UNIQUE INDEX IF NOT EXISTS images_by_id ON images (image_id) WHERE image_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS paths_by_path ON paths (path, image);
CREATE INDEX IF NOT EXISTS paths_by_image ON paths (image);
CREATE UNIQUE INDEX IF NOT EXISTS captions_by_id ON captions (caption_id);
