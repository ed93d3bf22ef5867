/** Addresses of the console's pages, for people who are told of something. */
export interface ConsoleLinks {
  home(): string;
  overview(environment: string): string;
  plan(environment: string, planId: string): string;
  image(environment: string, imageId: string): string;
  server(environment: string, serverId: string): string;
  service(environment: string, serviceId: string): string;
  registries(environment: string): string;
  webhooks(): string;
}

/** @param publicUrl without a slash at its end */
export function consoleLinks(publicUrl: string): ConsoleLinks {
  const page = (environment: string, place: string) =>
    `${publicUrl}/e/${encodeURIComponent(environment)}/${place}`;
  return {
    home: () => `${publicUrl}/`,
    overview: (environment) => `${publicUrl}/e/${encodeURIComponent(environment)}`,
    plan: (environment, id) => page(environment, `plans/${id}`),
    image: (environment, id) => page(environment, `images/${id}`),
    server: (environment, id) => page(environment, `servers/${id}`),
    service: (environment, id) => page(environment, `services/${id}`),
    registries: (environment) => page(environment, "registries"),
    webhooks: () => `${publicUrl}/settings/webhooks`,
  };
}
