/** What builds and tests define, so that the kernel can say which package brings an option. */
export declare const busOptions: { readonly __BUS_OPTIONS__: string };

/** By option, the package that brings it, from the manifests of the packages in a folder. */
export declare function optionPackages(folder: string): Record<string, string>;
