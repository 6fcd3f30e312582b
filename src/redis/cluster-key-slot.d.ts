/** The package comes without types. */
declare module 'cluster-key-slot' {
  /** Slot of a key, 0 to 16383. */
  export default function calculateSlot(key: string | Buffer): number;
}
