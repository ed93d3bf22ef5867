/** What a request shows of who sent it. */
export interface Shown {
  header: (name: string) => string | undefined;
  /** the URL's query as it came, with its question mark */
  query: string;
}
