/**
 * A value that is asked for at most once in a while, however many callers want it at the same time. A failure is not kept, and
 * does not take away what is still fresh.
 */
export function kept<T>(ttlMs: number, load: () => Promise<T>): () => Promise<T> {
  let value: { readonly loaded: T; readonly at: number } | undefined;
  let loading: Promise<T> | undefined;
  return () => {
    if (value !== undefined && performance.now() - value.at < ttlMs) return Promise.resolve(value.loaded);
    loading ??= load()
      .then((loaded) => {
        value = { loaded, at: performance.now() };
        return loaded;
      })
      .finally(() => (loading = undefined));
    return loading;
  };
}
