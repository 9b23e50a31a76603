import { z } from "zod";
import type { Json } from "../storage/json.ts";

/** Any JSON value, untouched: `z.json()` would copy it and lose a "__proto__" member, and what came is JSON already. */
export const anyJson: z.ZodType<Json> = z.any();
