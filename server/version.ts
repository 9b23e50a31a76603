/** The product's version, as the guide prints it; a test keeps deno.json equal. */
export const VERSION = "1.0.0";
