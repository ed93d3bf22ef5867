import type { PushedImage } from "../../harness/images.ts";
import type { World } from "./world.ts";

/** A container as its engine lists it. */
export interface Container {
  id: string;
  /** the engine's id of the image that it has */
  image: string;
  /** `running` and so on */
  state: string;
}

/** All containers, by their names. */
export async function containersOf({ site }: World): Promise<Map<string, Container>> {
  const listed = await site.engine.api.call<
    { Id: string; ImageID: string; State: string; Names: string[] }[]
  >("GET", "/containers/json?all=1");
  return new Map(
    listed.map(({ Id, ImageID, State, Names }) => [
      Names[0]?.slice(1) ?? "",
      { id: Id, image: ImageID, state: State },
    ]),
  );
}

/** Which of the world's images a container has. */
export function imageOf({ apps, site }: World, container: Container | undefined): PushedImage {
  const known = Object.values(apps).flatMap(({ well, ill }) => [...well, ill]);
  const found = known.find((one) => site.engine.imageId(one) === container?.image);
  if (!found) throw new Error(`A container has ${container?.image}, which is none of the images.`);
  return found;
}
