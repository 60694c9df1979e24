import { afterEach, describe, expect, it } from 'vitest'
import { placeOf, secretUrl, storeUnavailable } from './store-access.ts'

const NAME = 'WEIR_TEST_STORE_SECRET'
afterEach(() => {
  delete process.env[NAME]
})

describe('the address of a store', () => {
  it.each([
    ['s3cret', 'postgresql://me:s3cret@db/shop'],
    ['p%40:/ ss@', 'postgresql://me:p%2540%3A%2F%20ss%40@db/shop'],
  ])('takes the password %s from where it is', async (password, url) => {
    process.env[NAME] = password
    const found = await secretUrl({ url: 'postgresql://me@db/shop', password: `\${env:${NAME}}` }, 'postgres')
    expect(found).toBe(url)
    expect(decodeURIComponent(new URL(found).password)).toBe(password)
  })

  it('may be a secret as a whole, and is named by its reference then', async () => {
    process.env[NAME] = 'redis://:s3cret@cache:6379'
    const address = { url: `\${env:${NAME}}`, password: undefined }
    expect(await secretUrl(address, 'redis')).toBe('redis://:s3cret@cache:6379')
    expect(placeOf(address, 'redis')).toBe(`redis at \${env:${NAME}}`)
    expect(placeOf({ url: 'redis://cache:6379', password: undefined }, 'redis')).toBe('redis at cache:6379')
  })

  it('that is none is not shown', async () => {
    process.env[NAME] = 's3cret'
    await expect(secretUrl({ url: `\${env:${NAME}}`, password: undefined }, 'redis')).rejects.toMatchObject({
      message: `redis at \${env:${NAME}}: what that stands for is no address`,
      retry: true,
    })
  })
})

it.each([
  [{ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.0.0.1:1' }, 'redis at r: connection refused'],
  [{ code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND secret.host' }, 'redis at r: host not found'],
  [{ message: 'WRONGPASS invalid username-password pair' }, 'redis at r: WRONGPASS invalid username-password pair'],
  [{ code: '57P03', message: 'the database system is starting up' }, 'redis at r: the database system is starting up'],
])('a fault %o is said as %s', (error, message) => {
  expect(storeUnavailable('redis at r', error)).toMatchObject({ message, code: 'UNAVAILABLE', retry: true })
})
