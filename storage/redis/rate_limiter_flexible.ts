// rate-limiter-flexible's single file, typed by its own types. Its entry loads a limiter for every database there is.

// @ts-types="./rate_limiter_flexible/redis.d.ts"
export { default as RateLimiterRedis } from "rate-limiter-flexible/lib/RateLimiterRedis.js";
