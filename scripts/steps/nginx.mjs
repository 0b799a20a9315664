import { findProgram } from './programs.mjs';

/** @returns where nginx is, or '' when there is none */
export function findNginx() {
  return findProgram({
    what: 'nginx',
    variable: 'NGINX_PATH',
    names: ['nginx'],
    places: ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'],
    packages: ['nginx'],
    tests: 'the tests behind nginx',
  });
}
