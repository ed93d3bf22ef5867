/*
 * How both programs reach what is behind a proxy: apart from the protocol, so that nothing that asks
 * for a proxy has to load it.
 */
export {
  type Environment,
  isLoopback,
  proxyAuthorization,
  type Route,
  routesOf,
} from "./proxy-routes.ts";
export { openTunnel, ProxyError, proxyRefusal, proxyUnreachable } from "./proxy-tunnel.ts";
