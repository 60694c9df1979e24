// The version of this program. package.json is outside of what is compiled, so it stands here; a test holds both equal.

export const VERSION = '0.1.0'
