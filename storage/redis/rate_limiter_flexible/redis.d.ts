export { RateLimiterRedis as default } from "rate-limiter-flexible";
