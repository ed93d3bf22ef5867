/** What is there already, as far as it matters to a user who has just begun. */
export interface Progress {
  serversConnected: number;
  services: number;
  imagesWithRegistry: number;
  registries: number;
  deployments: number;
}

export interface OnboardingStep {
  id: "server" | "containers" | "registry" | "deploy";
  title: string;
  about: string;
  verb: string;
  /** below the environment */
  place: string;
  done: boolean;
}

/** The way from nothing to the first deployment; what is done is read from the real state. */
export function onboardingSteps(progress: Progress): OnboardingStep[] {
  return [
    {
      id: "server",
      title: "Add a server",
      about: "One command on any machine with a Docker Engine; its agent connects outwards.",
      verb: "Add a server",
      place: "servers?add=1",
      done: progress.serversConnected > 0,
    },
    {
      id: "containers",
      title: "See its containers",
      about:
        "Whatever runs there shows up as services automatically, with the exact digest it runs.",
      verb: "Open services",
      place: "services",
      done: progress.services > 0,
    },
    {
      id: "registry",
      title: "Connect a registry",
      about:
        "So that new versions are seen. Give it an auto-link pattern, or choose it on an image.",
      verb: "Connect one",
      place: "registries?add=1",
      done: progress.registries > 0 && progress.imagesWithRegistry > 0,
    },
    {
      id: "deploy",
      title: "Deploy a digest",
      about: "Open an image, choose a version, look at the plan, and start it.",
      verb: "Choose an image",
      place: "images",
      done: progress.deployments > 0,
    },
  ];
}
