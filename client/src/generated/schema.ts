// Written by client/generate.mjs; do not edit.
export interface paths {
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in
         * @description Returns a session token, and sets the cookie that the console uses. A user with a second factor gets a 401 with the code `second_factor_required`: send the same again with `code`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        email: string;
                        password: string;
                        /** @description Six digits of the authenticator app, or one of the recovery codes */
                        code?: string | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            token: string;
                            user: components["schemas"]["User"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log out
         * @description Ends the session that the request was made with.
         *
         *     Needs the role viewer.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who am I
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            user: components["schemas"]["User"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/methods": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How users can log in */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            password: boolean;
                            /** @description An OpenID Connect provider; `startUrl` takes `?next=<path>` */
                            oidc: {
                                name: string;
                                startUrl: string;
                            } | null;
                            /** @description Browsers allow passkeys where the console is reached, see BRIDGEPORT_PUBLIC_URL */
                            passkeys: boolean;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/oidc/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Log in with the identity provider
         * @description For a browser: leads to the provider, and from there to `/api/auth/oidc/callback`.
         */
        get: {
            parameters: {
                query?: {
                    next?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description To the provider, or to the login page with the `problem` */
                302: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description To a page of the console */
                303: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/oidc/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Come back from the identity provider
         * @description For a browser that was sent there.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description To the console, or to the login page with the `problem` */
                302: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description To a page of the console */
                303: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{id}/identity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Link a user to the identity provider
         * @description Who is known there by this subject logs in as this user from then on. A login that is refused because the e-mail address is taken stands in the audit log with its subject. The user's sessions and API tokens end. Needs a session: what an API token makes must not outlive it.
         *
         *     Needs the role admin.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        subject: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            user: components["schemas"]["User"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        /**
         * Unlink a user from the identity provider
         * @description Roles that groups of the provider gave end, but for the last administrator who logs in with a password; roles that were set here stay. The user's sessions and API tokens end. Needs a session: what an API token makes must not outlive it.
         *
         *     Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            user: components["schemas"]["User"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List users
         * @description Needs the role admin.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            users: components["schemas"]["User"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Create a user
         * @description Needs a session: what an API token makes must not outlive it.
         *
         *     Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** Format: email */
                        email: string;
                        name?: string | null;
                        /**
                         * @description The only role, in all environments
                         * @enum {string}
                         */
                        role?: "viewer" | "operator" | "admin";
                        /** @description In the place of `role`: roles in some environments, or in all with null */
                        roles?: {
                            /** Format: uuid */
                            environmentId: string | null;
                            /** @enum {string} */
                            role: "viewer" | "operator" | "admin";
                        }[];
                        password: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            user: components["schemas"]["User"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a user
         * @description Needs the role admin.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            user: components["schemas"]["User"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /**
         * Delete a user
         * @description Sessions and API tokens of the user end at once. Needs a session: what an API token makes must not outlive it.
         *
         *     Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /**
         * Change a user
         * @description Needs a session: what an API token makes must not outlive it.
         *
         *     Needs the role admin.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** Format: email */
                        email?: string;
                        name?: string | null;
                        /**
                         * @description The only role, in all environments
                         * @enum {string}
                         */
                        role?: "viewer" | "operator" | "admin";
                        /** @description In the place of `role`: roles in some environments, or in all with null */
                        roles?: {
                            /** Format: uuid */
                            environmentId: string | null;
                            /** @enum {string} */
                            role: "viewer" | "operator" | "admin";
                        }[];
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            user: components["schemas"]["User"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/users/{id}/change-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change a password
         * @description Your own with `currentPassword`; administrators also others'. Other sessions of the user end, with `endTokens` also the API tokens. Needs a session: what an API token makes must not outlive it.
         *
         *     Needs the role viewer.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        currentPassword?: string | null;
                        newPassword: string;
                        /** @description Also delete all API tokens of the user. Default: false */
                        endTokens?: boolean | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sessions
         * @description Your own, the latest first; administrators another user's with `userId`. Needs a session: an API token can neither see nor end one.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                    userId?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            sessions: components["schemas"]["Session"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a session
         * @description Your own; administrators anybody's. What is open by it is closed at once. Needs a session: an API token can neither see nor end one.
         *
         *     Needs the role viewer.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End all sessions of a user
         * @description Your own but the one that you ask with; administrators also others'. What is open by them is closed at once. Needs a session: an API token can neither see nor end one.
         *
         *     Needs the role viewer.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read your second factor
         * @description Needs a session: an API token has no second factor.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            secondFactor: components["schemas"]["SecondFactor"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Set up a second factor
         * @description Answers with a new secret, shown only this once. It counts when a code of it is confirmed. Needs a session: an API token has no second factor.
         *
         *     Needs the role viewer.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        currentPassword: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Base32, to be typed */
                            secret: string;
                            /** @description The same as an otpauth:// address, for a QR code */
                            uri: string;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm a second factor
         * @description From now on logging in takes a code. Answers with the recovery codes, shown only this once; each one works once. Needs a session: an API token has no second factor.
         *
         *     Needs the role viewer.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Six digits of the authenticator app, or one of the recovery codes */
                        code: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            recoveryCodes: string[];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/totp/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Disable your second factor
         * @description With the password and a code. The recovery codes go with it. Needs a session: an API token has no second factor.
         *
         *     Needs the role viewer.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        currentPassword: string;
                        /** @description Six digits of the authenticator app, or one of the recovery codes */
                        code: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{id}/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove the second factor of a user
         * @description For one who has lost it; your own you disable with password and code. Needs a session: an API token has no second factor.
         *
         *     Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your passkeys
         * @description Needs a session: an API token has no passkeys.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            passkeys: components["schemas"]["Passkey"][];
                            /** @description Why passkeys cannot be used where the console is reached; null: they can */
                            unavailable: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Add a passkey
         * @description Needs a session: an API token has no passkeys.
         *
         *     Needs the role viewer.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                        /** @description `PublicKeyCredential.toJSON()` */
                        credential: {
                            id: string;
                            /** @enum {string} */
                            type: "public-key";
                            response: {
                                clientDataJSON: string;
                                attestationObject: string;
                            };
                        };
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            passkey: components["schemas"]["Passkey"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/passkeys/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to add a passkey
         * @description With the password, and a code where logging in takes one: a passkey does without both. Answers with what `navigator.credentials.create` takes, and sets a cookie that `POST /api/auth/passkeys` needs within five minutes. Needs a session: an API token has no passkeys.
         *
         *     Needs the role viewer.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        currentPassword: string;
                        /** @description Six digits of the authenticator app, or one of the recovery codes */
                        code?: string | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description PublicKeyCredentialCreationOptions as JSON */
                            options: {
                                [key: string]: unknown;
                            };
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/passkeys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a passkey
         * @description Sessions that were opened with it go on. Needs a session: an API token has no passkeys.
         *
         *     Needs the role viewer.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /**
         * Rename a passkey
         * @description Needs a session: an API token has no passkeys.
         *
         *     Needs the role viewer.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            passkey: components["schemas"]["Passkey"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/users/{id}/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove all passkeys of a user
         * @description For one who has lost a device. Sessions that were opened with them go on. Needs a session: an API token has no passkeys.
         *
         *     Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/passkeys/login/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to log in with a passkey
         * @description Answers with what `navigator.credentials.get` takes, and sets a cookie that `POST /api/auth/passkeys/login` needs within five minutes.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description PublicKeyCredentialRequestOptions as JSON */
                            options: {
                                [key: string]: unknown;
                            };
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/passkeys/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in with a passkey
         * @description Returns a session token, and sets the cookie that the console uses. No second factor is asked for: the passkey has checked who uses it.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description `PublicKeyCredential.toJSON()` */
                        credential: {
                            id: string;
                            /** @enum {string} */
                            type: "public-key";
                            response: {
                                clientDataJSON: string;
                                authenticatorData: string;
                                signature: string;
                                userHandle?: string | null;
                            };
                        };
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            token: string;
                            user: components["schemas"]["User"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API tokens
         * @description Your own; administrators see everybody's. Needs a session: an API token can neither see nor make nor delete one.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            tokens: components["schemas"]["ApiToken"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Create an API token
         * @description `secret` is shown this once. Needs a session: an API token can neither see nor make nor delete one.
         *
         *     Needs the role viewer.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                        /** @enum {string} */
                        role: "viewer" | "operator" | "admin";
                        environmentIds?: string[] | null;
                        /** Format: date-time */
                        expiresAt?: string | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            token: components["schemas"]["ApiToken"] & {
                                token?: string;
                            };
                            secret: string;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete an API token
         * @description Your own; administrators anybody's. Needs a session: an API token can neither see nor make nor delete one.
         *
         *     Needs the role viewer.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit-logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit log
         * @description Newest first.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                    /** @description `nextCursor` of the page before: the next one, as quick as the first. In the place of `offset` */
                    cursor?: string;
                    action?: string;
                    resourceType?: string;
                    resourceId?: string;
                    environmentId?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            logs: components["schemas"]["AuditLog"][];
                            total: number;
                            /** @description `cursor` of the next page; null: this is the last one */
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit-logs/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the audit log
         * @description JSON lines, oldest first: each an entry with its `position`, `previousHash`, `hash` and `content`. `hash` is the SHA-256 of the bytes of `previousHash` and of `content`, which holds the entry again, exactly as it was hashed.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    from?: string;
                    /** @description Entries before this time */
                    to?: string;
                    environmentId?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The entries, one a line */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/x-ndjson": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit-logs/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Verify the audit log
         * @description Whether every entry is there as it was written, and where it is not, the first. Needs all environments.
         *
         *     Needs the role admin.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            verification: {
                                whole: boolean;
                                /** @description That are there */
                                entries: number;
                                /** @description Removed by retention, from the beginning */
                                removed: number;
                                /** @description The end of the chain: compare it with an earlier export */
                                last: {
                                    position: number;
                                    hash: string;
                                } | null;
                                /** @description The first that is wrong */
                                broken: {
                                    /** @description null: the entry has no place in the chain */
                                    position: number | null;
                                    entryId: string;
                                    /**
                                     * @description missing: an entry here or right before it is gone; changed: not what was written; not_linked: the one before was changed with its hash; not_chained: was put in beside the chain
                                     * @enum {string}
                                     */
                                    reason: "missing" | "changed" | "not_linked" | "not_chained";
                                } | null;
                                /** @description What keeps the program itself from changing the audit */
                                protection: {
                                    /**
                                     * @description role: the database refuses the program's role any change of the audit; triggers: that role could switch off the triggers that do, so that only an export kept elsewhere would tell
                                     * @enum {string}
                                     */
                                    by: "role" | "triggers";
                                    /** @description The database role that the program works as */
                                    role: string;
                                    /** @description What lets that role change the audit */
                                    gaps: string[];
                                };
                            };
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List environments
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            environments: components["schemas"]["Environment"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Create an environment
         * @description Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            environment: components["schemas"]["Environment"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an environment
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            environment: components["schemas"]["Environment"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /**
         * Delete an environment
         * @description Refused while servers belong to it.
         *
         *     Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /**
         * Rename an environment
         * @description Needs the role admin.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name?: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            environment: components["schemas"]["Environment"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/environments/{envId}/settings/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an environment's operations settings
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            settings: components["schemas"]["OperationsSettings"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change an environment's operations settings
         * @description Needs the role admin.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Prune after each deploy and weekly; at first false */
                        autoPruneImages?: boolean;
                        /**
                         * @description `dangling` (at first): images without a tag that no container uses; `all`: every image that no container uses
                         * @enum {string}
                         */
                        pruneImagesMode?: "dangling" | "all";
                        /** @description How many people other than its starter have to approve a plan before it starts; at first 0. Plans that wait need so many from then on; to lower it starts none of them */
                        requiredApprovals?: number;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            settings: components["schemas"]["OperationsSettings"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/environments/{envId}/freeze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Freeze an environment
         * @description New plans are not started until then: by people, webhooks, auto-update or promotion. Rollbacks are, and plans may be made and previewed.
         *
         *     Needs the role admin.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description ISO 8601 with `Z` or an offset; it ends by itself then
                         */
                        until: string;
                        /** @description Shown to everybody who is refused */
                        reason: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Until when nothing is deployed; null: no freeze */
                            freeze: components["schemas"]["Freeze"] | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        /**
         * End the freeze of an environment
         * @description Also where there is none. The answer has the freeze of all environments, if there is one.
         *
         *     Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Until when nothing is deployed; null: no freeze */
                            freeze: components["schemas"]["Freeze"] | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/freeze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the freeze of all environments
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Until when nothing is deployed; null: no freeze */
                            freeze: components["schemas"]["Freeze"] | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        /**
         * Freeze all environments
         * @description New plans are not started until then: by people, webhooks, auto-update or promotion. Rollbacks are, and plans may be made and previewed.
         *
         *     Needs the role admin.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description ISO 8601 with `Z` or an offset; it ends by itself then
                         */
                        until: string;
                        /** @description Shown to everybody who is refused */
                        reason: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Until when nothing is deployed; null: no freeze */
                            freeze: components["schemas"]["Freeze"] | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        /**
         * End the freeze of all environments
         * @description Also where there is none. Freezes of single environments stay.
         *
         *     Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Until when nothing is deployed; null: no freeze */
                            freeze: components["schemas"]["Freeze"] | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the system settings
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            settings: components["schemas"]["SystemSettings"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change the system settings
         * @description Needs the role admin.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Matching tags that a sync looks at in each repository, newest-looking first; at first 50 */
                        registryMaxTags?: number;
                        /** @description How many days ended plans, audit entries and webhook deliveries are kept; at first 365 */
                        retentionDays?: number;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            settings: components["schemas"]["SystemSettings"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look for what is wrong with the installation
         * @description Of what is known already: no registry and no agent is asked. Needs the role in every environment.
         *
         *     Needs the role admin.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Whether every entry of the audit is verified, not the newest 10000 alone */
                    full?: "true" | "false";
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            checks: components["schemas"]["DoctorCheck"][];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The process that answers, and its database
         * @description Of several replicas whichever is asked. Needs the role in every environment.
         *
         *     Needs the role admin.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["System"];
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What the process spends its processor time on
         * @description Answers when the time is over, with a `.cpuprofile` that the developer tools of Chromium open. Nothing is stopped by it. Needs the role in every environment.
         *
         *     Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description For how long it looks
                         * @default 10
                         */
                        seconds?: number;
                    };
                };
            };
            responses: {
                /** @description A `.cpuprofile` */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": string;
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/heap-snapshot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A copy of the process's memory
         * @description A `.heapsnapshot` that the developer tools of Chromium open. **It holds every secret that the process knows, its master key too**, and the process stands still while it is written, for a second for each 100 MB or so. So it is refused unless `BRIDGEPORT_HEAP_SNAPSHOTS=on` allows it. Needs the role in every environment.
         *
         *     Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A `.heapsnapshot` */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": string;
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{envId}/servers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List an environment's servers
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            servers: components["schemas"]["Server"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Add a server
         * @description The server is `pending` until its agent has joined with the token. An agent is given what its server needs, so only administrators let one in.
         *
         *     Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                        hostname?: string | null;
                        tags?: string[] | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            server: components["schemas"]["Server"];
                            join: components["schemas"]["ServerJoin"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/join-token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Issue a join token
         * @description It works once, within 24 hours. Earlier tokens of the server that were not used stop working. The agent that joins with it takes the place of the present one.
         *
         *     Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            join: components["schemas"]["ServerJoin"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a server
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            server: components["schemas"]["Server"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /**
         * Delete a server
         * @description Its services go with it; its containers stay as they are. The agent's certificate is refused from then on.
         *
         *     Needs the role admin.
         */
        delete: {
            parameters: {
                query?: {
                    force?: "true" | "false";
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /**
         * Change a server
         * @description Needs the role operator.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name?: string;
                        hostname?: string | null;
                        tags?: string[];
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            server: components["schemas"]["Server"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/servers/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke a server's certificates
         * @description Every certificate of its agent and every join token that was not used end now, and its stream is closed. The server and its services stay; a new join token lets an agent come back.
         *
         *     Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            server: components["schemas"]["Server"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/upgrade-agent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upgrade a server's agent
         * @description The agent downloads the control plane's own version, checks its signature, and hands over to it. If the new version has not connected within a minute, the old one runs again and says why. `agentUpgrade` of the server shows what becomes of it.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            server: components["schemas"]["Server"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{envId}/upgrade-agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upgrade all older agents of an environment
         * @description `batch` of them at a time, by default one: the next begin when those have succeeded, and none begins once one has failed. The agent downloads the control plane's own version, checks its signature, and hands over to it. If the new version has not connected within a minute, the old one runs again and says why. `agentUpgrade` of the server shows what becomes of it.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": {
                        /** @default 1 */
                        batch?: number;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            upgrades: components["schemas"]["Server"][];
                            leftOut: {
                                server: components["schemas"]["Server"];
                                reason: string;
                            }[];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/discover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look at a server's containers now
         * @description Discovery also happens by itself, as containers start and go.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Those whose container is there */
                            services: components["schemas"]["Service"][];
                            /** @description Names of those whose container is gone */
                            missing: string[];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/prune-images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prune a server's images
         * @description `dangling` removes images without a tag that no container uses; `all` removes every image that no container uses, rollback targets included.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": {
                        /** @enum {string|null} */
                        mode?: "dangling" | "all" | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            spaceReclaimedBytes: number;
                            /** @description In decimal units, such as 1.5 GB */
                            spaceReclaimedHuman: string;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/prune-estimate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell what a prune would free
         * @description Asks the server's engine; nothing is removed. Layers that several removable images share are not counted, so a prune may free more.
         *
         *     Needs the role operator.
         */
        get: {
            parameters: {
                query?: {
                    mode?: "dangling" | "all";
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            images: number;
                            spaceReclaimableBytes: number;
                            /** @description In decimal units, such as 1.5 GB */
                            spaceReclaimableHuman: string;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/containers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a server's containers
         * @description As its agent reported them last, also those that are no services, such as the agent's own.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            containers: components["schemas"]["Container"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agent/authority": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where agents enrol
         * @description An agent believes one of these certificates only if its SHA-256 is the one in its join token. It then enrols at the gRPC listener, by TLS with that authority: `Enroll` of `proto/bridgeport/agent/v1/agent.proto`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description PEM of the authority that issues certificates */
                            ca: string;
                            /** @description All authorities that are trusted, that one first */
                            trusted: string[];
                            /** @description host:port of the gRPC listener */
                            agentAddr: string;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agent/enroll": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enrol an agent
         * @description The token is used up by this, and by nothing else. An agent that enrolled for the same server earlier is cut off. Over plain http the token can be read on the way: agents of this version enrol at the gRPC listener instead.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        token: string;
                        /** @description PKCS #10, PEM */
                        csr: string;
                        hostname?: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description PEM */
                            certificate: string;
                            /** @description PEM */
                            ca: string;
                            serverId: string;
                            /** @description host:port of the gRPC listener */
                            agentAddr: string;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agent/package": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether agents can be installed from here */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AgentPackage"];
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agent/install.sh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The script that installs an agent
         * @description For a POSIX shell; --help lists options.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The script */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/x-shellscript": string;
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agent/download/{version}/checksums": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The hashes of the agent's programs */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    version: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description As `checksums` of `/api/agent/package` */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/plain": string;
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agent/download/{version}/{platform}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The agent's program
         * @description `platform` is `linux-x64` or `linux-arm64`; with `.gz` behind it the program comes compressed, and parts of it can be asked for by `Range`. `X-Checksum-Sha256` is the SHA-256 of what is sent, in hexadecimal.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    version: string;
                    platform: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The program */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": string;
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agent/image.tar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The agent as an image
         * @description For `docker load`; `bridgeport-agent:<version>`. `platform` takes what `uname -m` says.
         */
        get: {
            parameters: {
                query?: {
                    platform?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The image, compressed by gzip */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/gzip": string;
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cli/package": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which programs there are, with their hashes and how to install them */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CommandLinePackage"];
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cli/download/{version}/{platform}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The command line as one file
         * @description `platform` is `linux-x64` or `linux-arm64`, or what `uname -m` says; with `.gz` behind it the program comes compressed, and parts of it can be asked for by `Range`. `X-Checksum-Sha256` is the SHA-256 of what is sent, in hexadecimal.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    version: string;
                    platform: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The program */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": string;
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agent-authority": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the state of the agents' certificate authority
         * @description Needs the role admin.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AgentAuthorityState"];
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agent-authority/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the agents' certificate authority
         * @description A new authority issues certificates from now on; the present one stays trusted. Connected agents renew at once. The previous one is retired when every server has renewed. Needs a session: an API token cannot do this.
         *
         *     Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AgentAuthorityState"];
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agent-authority/retire": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retire the previous certificate authority
         * @description Without waiting for the servers that have not renewed: they are shut out, and need a new join token. Needs a session: an API token cannot do this.
         *
         *     Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description Servers that may be shut out; where there are others, the answer is 409
                         * @default []
                         */
                        shutOut?: string[];
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AgentAuthorityState"] & {
                            shutOut: components["schemas"]["ServerNotRenewed"][];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{envId}/registries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List registry connections
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            registries: components["schemas"]["Registry"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Create a registry connection
         * @description Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                        /** @enum {string|null} */
                        type?: "generic" | "dockerhub" | "ghcr" | "gitlab" | "digitalocean" | "ecr" | "gcr" | "acr" | "quay" | "harbor" | "gitea" | "artifactory" | "nexus" | null;
                        /** @description https://registry.example.com, or localhost:5000; plain HTTP where it says http:// */
                        registryUrl: string;
                        /** @description Only repositories below it are listed */
                        repositoryPrefix?: string | null;
                        username?: string | null;
                        /** @description Written, never read */
                        token?: string | null;
                        /** @description Written, never read */
                        password?: string | null;
                        /**
                         * @description Which servers get user name and password to pull with. Where the registry has a token service they get a token of the one repository instead. `without_tokens`: all, if the registry has no token service; `always`: also those that cannot use a token, or whose pull takes longer than tokens last; `never`: none
                         * @enum {string|null}
                         */
                        passwordToAgents?: "never" | "without_tokens" | "always" | null;
                        isDefault?: boolean | null;
                        refreshIntervalMinutes?: number | null;
                        /** @description Images found on servers are linked to this registry when their name matches: comma-separated, `*` stands for anything */
                        autoLinkPattern?: string | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            registry: components["schemas"]["Registry"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/registries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a registry connection
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            registry: components["schemas"]["Registry"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /**
         * Delete a registry connection
         * @description Refused while images use it.
         *
         *     Needs the role operator.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /**
         * Change a registry connection
         * @description Another host needs the token or password again, and so does giving it to more servers, unless an administrator does that.
         *
         *     Needs the role operator.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name?: string;
                        /** @enum {string} */
                        type?: "generic" | "dockerhub" | "ghcr" | "gitlab" | "digitalocean" | "ecr" | "gcr" | "acr" | "quay" | "harbor" | "gitea" | "artifactory" | "nexus";
                        /** @description https://registry.example.com, or localhost:5000; plain HTTP where it says http:// */
                        registryUrl?: string;
                        /** @description Only repositories below it are listed */
                        repositoryPrefix?: string | null;
                        username?: string | null;
                        /** @description Written, never read; null removes it */
                        token?: string | null;
                        /** @description Written, never read; null removes it */
                        password?: string | null;
                        /**
                         * @description Which servers get user name and password to pull with. Where the registry has a token service they get a token of the one repository instead. `without_tokens`: all, if the registry has no token service; `always`: also those that cannot use a token, or whose pull takes longer than tokens last; `never`: none
                         * @enum {string}
                         */
                        passwordToAgents?: "never" | "without_tokens" | "always";
                        isDefault?: boolean;
                        refreshIntervalMinutes?: number;
                        /** @description Images found on servers are linked to this registry when their name matches: comma-separated, `*` stands for anything */
                        autoLinkPattern?: string | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            registry: components["schemas"]["Registry"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/registries/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try out a registry connection
         * @description Step by step; a connection that does not work is an answer, not an error.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            ok: boolean;
                            message: string;
                            latencyMs: number;
                            /** @enum {string|null} */
                            failedStep: "credentials" | "connect" | "login" | "read" | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/registries/{id}/repositories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Browse a registry's repositories
         * @description Those below its prefix.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            repositories: {
                                name: string;
                                imageName: string;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/registries/{id}/repositories/{repo}/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Browse a repository's tags
         * @description Slashes in the repository's name are written as %2F.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path: {
                    id: string;
                    repo: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            tags: components["schemas"]["RepositoryTag"][];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/registries/{id}/check-updates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check all images of a registry for updates
         * @description An image that cannot be checked has its error; the others go on.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            results: {
                                imageId: string;
                                name: string;
                                hasUpdate: boolean;
                                newestDigest: string | null;
                                newest: components["schemas"]["ImageDigest"] | null;
                                newDigests: number;
                                updatedDigests: number;
                                error: string | null;
                            }[];
                            summary: {
                                checked: number;
                                withUpdates: number;
                                errors: number;
                            };
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{envId}/container-images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List container images
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                    /** @description `nextCursor` of the page before: the next one, as quick as the first. In the place of `offset` */
                    cursor?: string;
                    /** @description How many of each image's newest digests; 0 is the quickest */
                    digests?: number | null;
                };
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            images: components["schemas"]["ContainerImage"][];
                            total: number;
                            /** @description `cursor` of the next page; null: this is the last one */
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Create a container image
         * @description Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                        /** @description The whole name without tag and digest, such as registry.example.com/team/app */
                        imageName: string;
                        /** @description Default: latest */
                        tagFilter?: string | null;
                        /**
                         * Format: uuid
                         * @description Default: the one whose auto-link pattern takes it in; null: none
                         */
                        registryConnectionId?: string | null;
                        /** @description Default: false */
                        autoUpdate?: boolean | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            image: components["schemas"]["ContainerImage"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a container image
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            image: components["schemas"]["ContainerImage"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /**
         * Delete a container image
         * @description Refused while services are linked.
         *
         *     Needs the role operator.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /**
         * Change a container image
         * @description Tightening the tag filter keeps digests that are known; broadening it is filled up by the next check.
         *
         *     Needs the role operator.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name?: string;
                        /** @description Comma-separated patterns; `*` stands for any run of letters, digits, `.`, `_` and `-`, but not for `-` in a pattern that has a `.` and no `-` */
                        tagFilter?: string;
                        /** Format: uuid */
                        registryConnectionId?: string | null;
                        autoUpdate?: boolean;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            image: components["schemas"]["ContainerImage"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/container-images/{id}/digests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List an image's digests
         * @description The newest first.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            digests: components["schemas"]["ImageDigest"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List an image's deployments
         * @description The latest first.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            history: components["schemas"]["ImageDeployment"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/job": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an image's job
         * @description 404 where it has none.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            job: components["schemas"]["ImageJob"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        /**
         * Give an image a job
         * @description It runs once in each plan, from the new image, when all images are there and before the first service is replaced. Where it fails, nothing is replaced. A rollback runs none.
         *
         *     Needs the role operator.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description In the place of the image's CMD, word by word and without a shell; the image's entrypoint stays: `["migrate", "up"]`. People who may read the image see it: it is no place for a password */
                        command: string[];
                        /**
                         * Format: uuid
                         * @description The service of this image whose container's settings it has: environment, networks, volumes and user
                         */
                        serviceId: string;
                        /** @description How long it may run, in milliseconds, before it is stopped and has failed */
                        timeoutMs: number;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            job: components["schemas"]["ImageJob"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        /**
         * Remove an image's job
         * @description Plans that are made already keep it.
         *
         *     Needs the role operator.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/hooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an image's hooks
         * @description Values of headers are shown as ***.
         *
         *     Needs the role operator.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            hooks: components["schemas"]["Hooks"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        /**
         * Replace an image's hooks
         * @description Every plan of the image calls those `before` first, and is over before anything is touched where one does not answer 2xx; those `after` it calls when it ends, whichever way.
         *
         *     Needs the role operator.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Hooks"];
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            hooks: components["schemas"]["Hooks"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        /**
         * Remove an image's hooks
         * @description Plans that are made already keep them.
         *
         *     Needs the role operator.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/check-updates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check the registry for updates
         * @description Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UpdateCheck"];
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Browse the repository's tags
         * @description All of them, filter or not, those that look newest first. Any of them can be deployed by its name.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            tags: components["schemas"]["RepositoryTag"][];
                            nextCursor: string | null;
                            /** @description What is missing, where the registry does not let the account list tags */
                            note: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/linkable-services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List services that could be linked to an image
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            services: components["schemas"]["Service"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/link/{serviceId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Link a service to an image
         * @description The service's tag becomes the image's current one; its container changes with the next deploy.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    serviceId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            service: components["schemas"]["Service"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare two digests of an image
         * @description By their configurations and layers as they were when the digests were first seen; the registry is asked only for what was not kept then. Values of environment variables are left out for viewers.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query: {
                    /** @description The id of one of the image's digests, or its manifest digest */
                    from: string;
                    /** @description The id of one of the image's digests, or its manifest digest */
                    to: string;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ImageComparison"];
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/digests/{digestId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a digest
         * @description With the labels and layers of its image.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    digestId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            digest: components["schemas"]["ImageDigest"];
                            /** @description The one that the rest is about */
                            platform: string;
                            labels: {
                                [key: string]: string;
                            };
                            /** @description From the base up; compressed bytes */
                            layers: {
                                digest: string;
                                size: number;
                            }[];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{envId}/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List an environment's services
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                    /** @description `nextCursor` of the page before: the next one, as quick as the first. In the place of `offset` */
                    cursor?: string;
                    /** @description Part of a name */
                    q?: string;
                    imageId?: string;
                    status?: "deploying" | "healthy" | "running" | "starting" | "unhealthy" | "restarting" | "paused" | "stopped" | "failed" | "missing" | "not_created" | "unknown";
                    drift?: "true" | "false";
                    /** @description Those whose container is of this Compose project */
                    composeProject?: string;
                    /** @description composeProject: by project, then by name; those of no project last */
                    sort?: "name" | "composeProject";
                };
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            services: components["schemas"]["Service"][];
                            total: number;
                            /** @description `cursor` of the next page; null: this is the last one, or the list is not by name */
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{serverId}/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a server's services
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                    /** @description `nextCursor` of the page before: the next one, as quick as the first. In the place of `offset` */
                    cursor?: string;
                    /** @description Part of a name */
                    q?: string;
                    imageId?: string;
                    status?: "deploying" | "healthy" | "running" | "starting" | "unhealthy" | "restarting" | "paused" | "stopped" | "failed" | "missing" | "not_created" | "unknown";
                    drift?: "true" | "false";
                    /** @description Those whose container is of this Compose project */
                    composeProject?: string;
                    /** @description composeProject: by project, then by name; those of no project last */
                    sort?: "name" | "composeProject";
                };
                header?: never;
                path: {
                    serverId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            services: components["schemas"]["Service"][];
                            total: number;
                            /** @description `cursor` of the next page; null: this is the last one, or the list is not by name */
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Add a service before its container exists
         * @description Its first deploy creates the container from `spec`.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    serverId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                        containerName: string;
                        /** Format: uuid */
                        containerImageId: string;
                        imageTag?: string | null;
                        /** @description What the container is created with: env, command, entrypoint, ports, volumes, networks, labels, restartPolicy, healthcheck, resources and more in short, or fields of the Engine API's container create. Answers have it in the Engine API's terms. A container that exists keeps its own settings. */
                        spec?: {
                            [key: string]: unknown;
                        } | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            service: components["schemas"]["Service"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a service
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            service: components["schemas"]["Service"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /**
         * Delete a service
         * @description Its container is not touched; while that is there, discovery would find the service again, so this is refused without ?force=true.
         *
         *     Needs the role operator.
         */
        delete: {
            parameters: {
                query?: {
                    force?: "true" | "false";
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /**
         * Change a service
         * @description What Bridgeport works out by itself cannot be set: 422.
         *
         *     Needs the role operator.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name?: string;
                        imageTag?: string | null;
                        /** Format: uri */
                        healthCheckUrl?: string | null;
                        healthWaitMs?: number | null;
                        healthRetries?: number;
                        healthIntervalMs?: number;
                        /** @enum {string} */
                        healthProbe?: "eager" | "engine";
                        /** @enum {string} */
                        deployOrder?: "stop-first" | "start-first";
                        /** @description What the container is created with: env, command, entrypoint, ports, volumes, networks, labels, restartPolicy, healthcheck, resources and more in short, or fields of the Engine API's container create. Answers have it in the Engine API's terms. A container that exists keeps its own settings. */
                        spec?: {
                            [key: string]: unknown;
                        } | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            service: components["schemas"]["Service"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/services/{id}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restart a service's container
         * @description The container stays the same one.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            service: components["schemas"]["Service"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a service's container
         * @description The container stays the same one.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            service: components["schemas"]["Service"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a service's container
         * @description The container stays the same one.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            service: components["schemas"]["Service"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{id}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look at a service's health now
         * @description Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description It runs, and no health check says otherwise */
                            healthy: boolean;
                            health: {
                                /** @enum {string} */
                                status: "none" | "starting" | "healthy" | "unhealthy" | "unknown";
                                containerStatus: string;
                                /** @description What said so */
                                method: string;
                                detail: string;
                                durationMs: number;
                            };
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the end of a service's log
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    tail?: number;
                    since?: string;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            lines: {
                                at: string;
                                /** @enum {string} */
                                stream: "stdout" | "stderr";
                                text: string;
                            }[];
                            /** @description There was more than fits into one answer */
                            truncated: boolean;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a service's deployments
         * @description Newest first.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            history: {
                                id: string;
                                planId: string;
                                tag: string | null;
                                digest: string;
                                /** @enum {string} */
                                status: "success" | "failed" | "rolled_back" | "cancelled";
                                triggerType: string;
                                deployedAt: string;
                                deployedBy: string;
                                deploymentCount: number;
                                totalDurationMs: number;
                                services: {
                                    id: string;
                                    name: string;
                                    serverName: string;
                                }[];
                            }[];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{id}/reveal-values": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show the values of a service's environment variables
         * @description The audit notes who asked, and for which names.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": {
                        /** @description For the audit */
                        reason?: string | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Of its specification */
                            env: {
                                [key: string]: string;
                            };
                            /** @description Of what its container was created from; null: nothing is recorded */
                            recordedEnv: {
                                [key: string]: string;
                            } | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{id}/dependencies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what a service depends on
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            dependencies: components["schemas"]["Dependency"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Make a service depend on another
         * @description Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** Format: uuid */
                        dependsOnId: string;
                        /** @enum {string} */
                        type: "health_before" | "deploy_after";
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            dependency: components["schemas"]["Dependency"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{id}/dependencies/{depId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a dependency
         * @description Needs the role operator.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    depId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{envId}/dependency-graph": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read how an environment's services depend on each other
         * @description An edge leads from what comes first to what waits for it. `deploymentOrder` has the ids of services that can go at the same time, level by level. With `serviceId` or `composeProject` only a part, with the levels that it has by itself. The whole has an `ETag`.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Only what is around this service */
                    serviceId?: string;
                    /** @description Only what is around the services of this Compose project */
                    composeProject?: string;
                    /** @description Of a part: how many dependencies away a service may be. Default: 1 */
                    depth?: number;
                };
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            nodes: {
                                id: string;
                                name: string;
                                serverId: string;
                                serverName: string;
                            }[];
                            edges: {
                                id: string;
                                from: string;
                                to: string;
                                /** @enum {string} */
                                type: "health_before" | "deploy_after";
                            }[];
                            deploymentOrder: string[][];
                        };
                    };
                };
                /** @description It is as `If-None-Match` says that it is known */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/update-status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read why an image is not updated by itself
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            status: components["schemas"]["UpdateStatus"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/update-policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read when auto-update may update an image
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            policy: components["schemas"]["UpdatePolicy"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Try an update policy on the recorded past
         * @description Answers what auto-update would have done by this policy, beginning with the first digest that was seen. Fields that are left out are as the image has them. Nothing is changed; PATCH changes the policy.
         *
         *     Needs the role viewer.
         */
        post: {
            parameters: {
                query: {
                    dryRun: "true";
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description How old a digest has to be before auto-update takes it */
                        minimumAgeMinutes?: number;
                        /** @description When auto-update may deploy; empty: at any time */
                        windows?: {
                            days: ("sun" | "mon" | "tue" | "wed" | "thu" | "fri" | "sat")[];
                            from: string;
                            /** @description Before `from`: on the next day; the same as `from`: a whole day */
                            to: string;
                        }[];
                        /** @description The IANA time zone that the windows are in */
                        timeZone?: string;
                        /** @description Kinds of update that auto-update may deploy, by their tags; all of them at first. A lower version never is. */
                        kinds?: ("rebuild" | "patch" | "minor" | "major" | "other")[];
                        /**
                         * Format: date-time
                         * @description Auto-update does nothing before; null: it is not snoozed
                         */
                        snoozedUntil?: string | null;
                        /** @description Auto-update does nothing until this is taken back */
                        pinned?: boolean;
                        /** @description Why it is snoozed or pinned, for those who wonder */
                        reason?: string | null;
                        /** @description Go on in batches, watch each of them, be paused between them. Default: all in one go */
                        rollout?: {
                            /** @description Services of each image in a batch: a number, or a share of them such as `25%`, rounded up. Default: all of them */
                            batch?: number | string | null;
                            /** @description Of each image, how many services may be replaced, or wait to be healthy, at the same time. Default: the whole batch */
                            maxUnavailable?: number | null;
                            /** @description After each batch its services have to stay healthy for so long, without a restart. Default: 0, at most a day */
                            soakMs?: number | null;
                            /** @description The plan is paused after this batch, or after `each` but the last one. Default: after none */
                            pauseAfter?: number | "each" | null;
                            /**
                             * @description What a failure leads to: `rollback`, as `autoRollback` says, or `pause`. Default: `rollback`
                             * @enum {string|null}
                             */
                            onFailure?: "rollback" | "pause" | null;
                            /** @description What is measured while a batch is watched, which needs `soakMs` */
                            analysis?: {
                                prometheus: {
                                    /** @description Where its API is, without `/api/v1/query`; http(s), with no user, password or query. It is shown with plans */
                                    url: string;
                                    /** @description In PromQL. It has to give exactly one number */
                                    query: string;
                                    /** @description What that number has to be for the batch to be well */
                                    condition: {
                                        /** @enum {string} */
                                        operator: "<" | "<=" | ">" | ">=" | "==";
                                        value: number;
                                    };
                                    /**
                                     * @description How often it is asked while a batch is watched; once more at the end. Default: 30000
                                     * @default 30000
                                     */
                                    intervalMs?: number;
                                };
                            } | null;
                        } | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["WhatIf"];
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change when auto-update may update an image
         * @description Detecting an update and applying it are separate: what waits for its age or its window is shown as available, and is deployed when that has come. Its `rollout` says how carefully. Deploying by hand and by webhook is not held up.
         *
         *     Needs the role operator.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description How old a digest has to be before auto-update takes it */
                        minimumAgeMinutes?: number;
                        /** @description When auto-update may deploy; empty: at any time */
                        windows?: {
                            days: ("sun" | "mon" | "tue" | "wed" | "thu" | "fri" | "sat")[];
                            from: string;
                            /** @description Before `from`: on the next day; the same as `from`: a whole day */
                            to: string;
                        }[];
                        /** @description The IANA time zone that the windows are in */
                        timeZone?: string;
                        /** @description Kinds of update that auto-update may deploy, by their tags; all of them at first. A lower version never is. */
                        kinds?: ("rebuild" | "patch" | "minor" | "major" | "other")[];
                        /**
                         * Format: date-time
                         * @description Auto-update does nothing before; null: it is not snoozed
                         */
                        snoozedUntil?: string | null;
                        /** @description Auto-update does nothing until this is taken back */
                        pinned?: boolean;
                        /** @description Why it is snoozed or pinned, for those who wonder */
                        reason?: string | null;
                        /** @description Go on in batches, watch each of them, be paused between them. Default: all in one go */
                        rollout?: {
                            /** @description Services of each image in a batch: a number, or a share of them such as `25%`, rounded up. Default: all of them */
                            batch?: number | string | null;
                            /** @description Of each image, how many services may be replaced, or wait to be healthy, at the same time. Default: the whole batch */
                            maxUnavailable?: number | null;
                            /** @description After each batch its services have to stay healthy for so long, without a restart. Default: 0, at most a day */
                            soakMs?: number | null;
                            /** @description The plan is paused after this batch, or after `each` but the last one. Default: after none */
                            pauseAfter?: number | "each" | null;
                            /**
                             * @description What a failure leads to: `rollback`, as `autoRollback` says, or `pause`. Default: `rollback`
                             * @enum {string|null}
                             */
                            onFailure?: "rollback" | "pause" | null;
                            /** @description What is measured while a batch is watched, which needs `soakMs` */
                            analysis?: {
                                prometheus: {
                                    /** @description Where its API is, without `/api/v1/query`; http(s), with no user, password or query. It is shown with plans */
                                    url: string;
                                    /** @description In PromQL. It has to give exactly one number */
                                    query: string;
                                    /** @description What that number has to be for the batch to be well */
                                    condition: {
                                        /** @enum {string} */
                                        operator: "<" | "<=" | ">" | ">=" | "==";
                                        value: number;
                                    };
                                    /**
                                     * @description How often it is asked while a batch is watched; once more at the end. Default: 30000
                                     * @default 30000
                                     */
                                    intervalMs?: number;
                                };
                            } | null;
                        } | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            policy: components["schemas"]["UpdatePolicy"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/container-images/{id}/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List digests that auto-update leaves alone
         * @description Each failed or was rolled back here. A newer digest is not affected; deploying one of these by hand, with success, releases it.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            quarantine: components["schemas"]["QuarantinedDigest"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/quarantine/{digestId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Let auto-update have a digest again
         * @description Needs the role operator.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    digestId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{envId}/updates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List everything that is behind
         * @description The images with an update, each with its services that are behind and with why it is not deployed by itself. What was skipped, or failed here, does not count.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            updates: components["schemas"]["ImageBehind"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/skipped": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List digests that were skipped
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            skipped: components["schemas"]["SkippedDigest"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/digests/{digestId}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Skip a digest
         * @description It does not count as an update until this is taken back, or until it is deployed by hand. A newer one counts.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    digestId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description For those who wonder */
                        reason?: string | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        /**
         * Let a digest that was skipped count again
         * @description Needs the role operator.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    digestId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/deploy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deploy one service
         * @description For CI. 401 when the signature is missing or wrong, 403 when the secret is not configured, 400 when the body is malformed. 404 for an unknown service or environment, 409 with the candidates in `details` when several services have that name.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    /** @description HMAC-SHA256 of the body by WEBHOOK_SECRET, in hexadecimal; with X-Webhook-Timestamp of `<X-Webhook-Delivery>.<X-Webhook-Timestamp>.<body>` */
                    "X-Webhook-Signature": string;
                    /** @description Names this delivery: a second one with the same id within a day starts nothing and is answered with the first one's plan */
                    "X-Webhook-Delivery"?: string;
                    /** @description Seconds since 1970, at most five minutes from now; needs an id of the delivery */
                    "X-Webhook-Timestamp"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description The service's name or id */
                        service: string;
                        /** @description The environment's name or id */
                        environment: string;
                        /** @description The server's name, where services on several have one name */
                        server?: string;
                        /** @description Default: the service's own tag, as it is in the registry now */
                        imageTag?: string;
                        /** @description Instead of a tag */
                        imageDigest?: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/deploy-image": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deploy a tag to all services of an image
         * @description Only for images with auto-update on. 401 when the signature is missing or wrong, 403 when the secret is not configured, 400 when the body is malformed. 404 for an unknown image or environment.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    /** @description HMAC-SHA256 of the body by WEBHOOK_SECRET, in hexadecimal; with X-Webhook-Timestamp of `<X-Webhook-Delivery>.<X-Webhook-Timestamp>.<body>` */
                    "X-Webhook-Signature": string;
                    /** @description Names this delivery: a second one with the same id within a day starts nothing and is answered with the first one's plan */
                    "X-Webhook-Delivery"?: string;
                    /** @description Seconds since 1970, at most five minutes from now; needs an id of the delivery */
                    "X-Webhook-Timestamp"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Without tag, however it is written */
                        imageName: string;
                        /** @description The environment's name or id */
                        environment: string;
                        imageTag: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/github": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * GitHub: a package was published
         * @description For GitHub's events `package` and `registry_package`; images with auto-update on are updated as their policy allows. Images of just that repository, in every environment, are checked at once; what pushes nothing is answered with 200. Send the HMAC-SHA256 of the body by GITHUB_WEBHOOK_SECRET, in hexadecimal, in X-Hub-Signature-256. 401 when that is missing or wrong, 403 when it is not configured; 400 when the body is malformed.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    /** @description the HMAC-SHA256 of the body by GITHUB_WEBHOOK_SECRET, in hexadecimal, in X-Hub-Signature-256 */
                    "X-Hub-Signature-256": string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Those that are checked now */
                            images: {
                                id: string;
                                environmentId: string;
                            }[];
                            message: string;
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/registry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A registry: something was pushed
         * @description Takes the notification envelope of the distribution project's registry, which cannot sign: put the header into `headers` of its notification endpoint. Deletions count like pushes. Images of just that repository, in every environment, are checked at once; what pushes nothing is answered with 200. Send the header Authorization: Bearer with WEBHOOK_SECRET, or the HMAC-SHA256 of the body by WEBHOOK_SECRET (with X-Webhook-Timestamp, the seconds since 1970: of X-Webhook-Delivery, a dot, the timestamp, a dot and the body), in hexadecimal, in X-Webhook-Signature. 401 when that is missing or wrong, 403 when it is not configured; 400 when the body is malformed.
         */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the header Authorization: Bearer with WEBHOOK_SECRET */
                    Authorization?: string;
                    /** @description the HMAC-SHA256 of the body by WEBHOOK_SECRET (with X-Webhook-Timestamp, the seconds since 1970: of X-Webhook-Delivery, a dot, the timestamp, a dot and the body), in hexadecimal, in X-Webhook-Signature */
                    "X-Webhook-Signature"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Those that are checked now */
                            images: {
                                id: string;
                                environmentId: string;
                            }[];
                            message: string;
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/dockerhub": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Docker Hub: a tag was pushed
         * @description Docker Hub can be given a URL and nothing else, so the secret is a part of it. Images of just that repository, in every environment, are checked at once; what pushes nothing is answered with 200. Send DOCKERHUB_WEBHOOK_SECRET in the URL as ?secret=. 401 when that is missing or wrong, also when it is unset; 400 when the body is malformed.
         */
        post: {
            parameters: {
                query: {
                    /** @description DOCKERHUB_WEBHOOK_SECRET in the URL as ?secret= */
                    secret: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Those that are checked now */
                            images: {
                                id: string;
                                environmentId: string;
                            }[];
                            message: string;
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/harbor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Harbor: an artifact was pushed
         * @description For the event *Artifact pushed* in both payload formats; the secret is the webhook's *Auth Header*. Images of just that repository, in every environment, are checked at once; what pushes nothing is answered with 200. Send HARBOR_WEBHOOK_SECRET in the header Authorization. 401 when that is missing or wrong, also when it is unset; 400 when the body is malformed.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    /** @description HARBOR_WEBHOOK_SECRET in the header Authorization */
                    Authorization: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Those that are checked now */
                            images: {
                                id: string;
                                environmentId: string;
                            }[];
                            message: string;
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/quay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Quay: a repository was pushed to
         * @description For the notification *Push to Repository* by *Webhook POST*, which can be given a URL and nothing else. Images of just that repository, in every environment, are checked at once; what pushes nothing is answered with 200. Send QUAY_WEBHOOK_SECRET in the URL as ?secret=. 401 when that is missing or wrong, also when it is unset; 400 when the body is malformed.
         */
        post: {
            parameters: {
                query: {
                    /** @description QUAY_WEBHOOK_SECRET in the URL as ?secret= */
                    secret: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Those that are checked now */
                            images: {
                                id: string;
                                environmentId: string;
                            }[];
                            message: string;
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/acr": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Azure Container Registry: an image was pushed
         * @description For the action `push`; the secret goes into the webhook's custom headers. Images of just that repository, in every environment, are checked at once; what pushes nothing is answered with 200. Send ACR_WEBHOOK_SECRET in the header Authorization. 401 when that is missing or wrong, also when it is unset; 400 when the body is malformed.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    /** @description ACR_WEBHOOK_SECRET in the header Authorization */
                    Authorization: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Those that are checked now */
                            images: {
                                id: string;
                                environmentId: string;
                            }[];
                            message: string;
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/gitlab": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * GitLab: an image was pushed to its container registry
         * @description Takes the notifications of GitLab's registry (`registry['notifications']` in gitlab.rb). Images of just that repository, in every environment, are checked at once; what pushes nothing is answered with 200. Send GITLAB_WEBHOOK_SECRET in the header X-Gitlab-Token, or GITLAB_WEBHOOK_SECRET in the header Authorization. 401 when that is missing or wrong, also when it is unset; 400 when the body is malformed.
         */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description GITLAB_WEBHOOK_SECRET in the header X-Gitlab-Token */
                    "X-Gitlab-Token"?: string;
                    /** @description GITLAB_WEBHOOK_SECRET in the header Authorization */
                    Authorization?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Those that are checked now */
                            images: {
                                id: string;
                                environmentId: string;
                            }[];
                            message: string;
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/gitea": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gitea or Forgejo: a container was published
         * @description For the event *Package* of a webhook with a secret. Images of just that repository, in every environment, are checked at once; what pushes nothing is answered with 200. Send the HMAC-SHA256 of the body by GITEA_WEBHOOK_SECRET, in hexadecimal, in X-Gitea-Signature. 401 when that is missing or wrong, also when it is unset; 400 when the body is malformed.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    /** @description the HMAC-SHA256 of the body by GITEA_WEBHOOK_SECRET, in hexadecimal, in X-Gitea-Signature */
                    "X-Gitea-Signature": string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Those that are checked now */
                            images: {
                                id: string;
                                environmentId: string;
                            }[];
                            message: string;
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/artifactory": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Artifactory: a tag was pushed
         * @description For the event *Docker tag was pushed* of a webhook with a secret token, used for signing or not. Images of just that repository, in every environment, are checked at once; what pushes nothing is answered with 200. Send the HMAC-SHA256 of the body by ARTIFACTORY_WEBHOOK_SECRET, in hexadecimal, in X-JFrog-Event-Auth, or ARTIFACTORY_WEBHOOK_SECRET in the header X-JFrog-Event-Auth. 401 when that is missing or wrong, also when it is unset; 400 when the body is malformed.
         */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description ARTIFACTORY_WEBHOOK_SECRET in the header X-JFrog-Event-Auth */
                    "X-JFrog-Event-Auth"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Those that are checked now */
                            images: {
                                id: string;
                                environmentId: string;
                            }[];
                            message: string;
                            /**
                             * @description A delivery with this id was taken within the last day: this is what it came to, and nothing was started now
                             * @enum {boolean}
                             */
                            repeat?: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List outgoing webhooks
         * @description Needs the role admin.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            webhooks: components["schemas"]["Webhook"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Create an outgoing webhook
         * @description Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                        /**
                         * @default webhook
                         * @enum {string}
                         */
                        kind?: "webhook" | "slack" | "discord" | "teams" | "ntfy" | "email" | "telegram" | "gotify" | "matrix" | "pushover" | "mqtt" | "template";
                        /** @description http(s); for e-mail smtps://user@host?from=…&to=…,… (or smtp:// with STARTTLS); for ntfy with the topic as its last part; for telegram with ?chat_id=…; for matrix with ?room=!…; for pushover with ?user=…; for mqtt mqtts://user@host/topic; for template with placeholders in its path and query */
                        url: string;
                        /** @description Write-only. webhook: signs the body, 16 characters or more; telegram, gotify, matrix, pushover: needed, the token; ntfy: access token; email, mqtt: password; template: what {{secret}} stands for. In a PUT: left out keeps it, null removes it */
                        secret?: string | null;
                        events: ("agent.outdated" | "container.unhealthy" | "container.crash_looping" | "container.missing" | "container.recovered" | "deployment.started" | "deployment.succeeded" | "deployment.failed" | "deployment.rolled_back" | "digest.quarantined" | "environment.frozen" | "environment.unfrozen" | "image.update_available" | "plan.paused" | "plan.waiting" | "registry.failing" | "registry.recovered" | "server.disk_low" | "server.disk_recovered" | "server.offline" | "server.online" | "server.two_agents" | "service.drift")[];
                        /** @description null: every environment */
                        environmentIds?: string[] | null;
                        /** @default true */
                        enabled?: boolean;
                        /** @description Of the kind template, with placeholders */
                        headers?: {
                            [key: string]: string;
                        } | null;
                        /** @description Of the kind template, with placeholders; null: the payload as JSON */
                        body?: string | null;
                        /** @description 1 s to 1 h: events of that time go out as one message; null: each by itself */
                        batchMs?: number | null;
                        /** @description null: none */
                        quietHours?: {
                            /** @description Local time of day */
                            from: string;
                            /** @description Before `from`: on the next day */
                            to: string;
                            timeZone: string;
                            /**
                             * @description Whether what needs somebody at once is told meanwhile: see docs/notifications.md
                             * @default true
                             */
                            urgentThrough?: boolean;
                        } | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            webhook: components["schemas"]["Webhook"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an outgoing webhook
         * @description Needs the role admin.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            webhook: components["schemas"]["Webhook"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        /**
         * Replace an outgoing webhook
         * @description The secret stays if it is left out. What is held is sent within a minute.
         *
         *     Needs the role admin.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                        /**
                         * @default webhook
                         * @enum {string}
                         */
                        kind?: "webhook" | "slack" | "discord" | "teams" | "ntfy" | "email" | "telegram" | "gotify" | "matrix" | "pushover" | "mqtt" | "template";
                        /** @description http(s); for e-mail smtps://user@host?from=…&to=…,… (or smtp:// with STARTTLS); for ntfy with the topic as its last part; for telegram with ?chat_id=…; for matrix with ?room=!…; for pushover with ?user=…; for mqtt mqtts://user@host/topic; for template with placeholders in its path and query */
                        url: string;
                        /** @description Write-only. webhook: signs the body, 16 characters or more; telegram, gotify, matrix, pushover: needed, the token; ntfy: access token; email, mqtt: password; template: what {{secret}} stands for. In a PUT: left out keeps it, null removes it */
                        secret?: string | null;
                        events: ("agent.outdated" | "container.unhealthy" | "container.crash_looping" | "container.missing" | "container.recovered" | "deployment.started" | "deployment.succeeded" | "deployment.failed" | "deployment.rolled_back" | "digest.quarantined" | "environment.frozen" | "environment.unfrozen" | "image.update_available" | "plan.paused" | "plan.waiting" | "registry.failing" | "registry.recovered" | "server.disk_low" | "server.disk_recovered" | "server.offline" | "server.online" | "server.two_agents" | "service.drift")[];
                        /** @description null: every environment */
                        environmentIds?: string[] | null;
                        /** @default true */
                        enabled?: boolean;
                        /** @description Of the kind template, with placeholders */
                        headers?: {
                            [key: string]: string;
                        } | null;
                        /** @description Of the kind template, with placeholders; null: the payload as JSON */
                        body?: string | null;
                        /** @description 1 s to 1 h: events of that time go out as one message; null: each by itself */
                        batchMs?: number | null;
                        /** @description null: none */
                        quietHours?: {
                            /** @description Local time of day */
                            from: string;
                            /** @description Before `from`: on the next day */
                            to: string;
                            timeZone: string;
                            /**
                             * @description Whether what needs somebody at once is told meanwhile: see docs/notifications.md
                             * @default true
                             */
                            urgentThrough?: boolean;
                        } | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            webhook: components["schemas"]["Webhook"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        /**
         * Delete an outgoing webhook
         * @description Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test event
         * @description At once, and once; also to a webhook that is not enabled. The answer says what really came back.
         *
         *     Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            ok: boolean;
                            message: string;
                            delivery: components["schemas"]["WebhookDelivery"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a webhook's deliveries
         * @description The latest first.
         *
         *     Needs the role admin.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                    /** @description held: until `heldUntil`, for a batch or for quiet hours */
                    status?: "held" | "pending" | "succeeded" | "failed";
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            deliveries: components["schemas"]["WebhookDelivery"][];
                            total: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List notifications
         * @description The latest first, of the environments that you may see. `unread` counts all of them since what you marked as read.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            notifications: components["schemas"]["Notification"][];
                            total: number;
                            unread: number;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark notifications as read
         * @description For yourself: everything up to this one. What came later stays unread.
         *
         *     Needs the role viewer.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description The id of a notification */
                        upTo: number;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/signature-rule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the signature rule of an image
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            rule: components["schemas"]["SignatureRule"];
                            /** @description Of an image: what counts for it. The image's own rule, else its registry's, else its environment's */
                            effective?: components["schemas"]["SignatureRule"] & ({
                                /** @enum {string} */
                                from: "image" | "registry" | "environment";
                            } | null);
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        /**
         * Say which signatures the images of an image need
         * @description By cosign's keys, or by Sigstore's certificates: a digest counts as signed when one of these keys or identities has signed exactly it.
         *
         *     Needs the role admin.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description none: not looked at. warn: the plan says it. require: what is not signed is refused
                         * @enum {string}
                         */
                        mode: "none" | "warn" | "require";
                        /** @default [] */
                        keys?: {
                            name: string;
                            /** @description PEM, as in cosign.pub */
                            publicKey: string;
                        }[];
                        /**
                         * @description Who may have signed by a certificate (Sigstore), needs BRIDGEPORT_SIGSTORE_TRUST_ROOT
                         * @default []
                         */
                        identities?: {
                            /** @description Address of an OpenID provider, exactly as in the certificate */
                            issuer: string;
                            /** @description A workflow's address or an e-mail; * stands for any characters */
                            subject: string;
                        }[];
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            rule: components["schemas"]["SignatureRule"];
                            /** @description Of an image: what counts for it. The image's own rule, else its registry's, else its environment's */
                            effective?: components["schemas"]["SignatureRule"] & ({
                                /** @enum {string} */
                                from: "image" | "registry" | "environment";
                            } | null);
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        /**
         * Remove the signature rule of an image
         * @description Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/registries/{id}/signature-rule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the signature rule of a registry
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            rule: components["schemas"]["SignatureRule"];
                            /** @description Of an image: what counts for it. The image's own rule, else its registry's, else its environment's */
                            effective?: components["schemas"]["SignatureRule"] & ({
                                /** @enum {string} */
                                from: "image" | "registry" | "environment";
                            } | null);
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        /**
         * Say which signatures the images of a registry need
         * @description By cosign's keys, or by Sigstore's certificates: a digest counts as signed when one of these keys or identities has signed exactly it.
         *
         *     Needs the role admin.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description none: not looked at. warn: the plan says it. require: what is not signed is refused
                         * @enum {string}
                         */
                        mode: "none" | "warn" | "require";
                        /** @default [] */
                        keys?: {
                            name: string;
                            /** @description PEM, as in cosign.pub */
                            publicKey: string;
                        }[];
                        /**
                         * @description Who may have signed by a certificate (Sigstore), needs BRIDGEPORT_SIGSTORE_TRUST_ROOT
                         * @default []
                         */
                        identities?: {
                            /** @description Address of an OpenID provider, exactly as in the certificate */
                            issuer: string;
                            /** @description A workflow's address or an e-mail; * stands for any characters */
                            subject: string;
                        }[];
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            rule: components["schemas"]["SignatureRule"];
                            /** @description Of an image: what counts for it. The image's own rule, else its registry's, else its environment's */
                            effective?: components["schemas"]["SignatureRule"] & ({
                                /** @enum {string} */
                                from: "image" | "registry" | "environment";
                            } | null);
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        /**
         * Remove the signature rule of a registry
         * @description Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{envId}/signature-rule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the signature rule of an environment
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            rule: components["schemas"]["SignatureRule"];
                            /** @description Of an image: what counts for it. The image's own rule, else its registry's, else its environment's */
                            effective?: components["schemas"]["SignatureRule"] & ({
                                /** @enum {string} */
                                from: "image" | "registry" | "environment";
                            } | null);
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        /**
         * Say which signatures the images of an environment need
         * @description By cosign's keys, or by Sigstore's certificates: a digest counts as signed when one of these keys or identities has signed exactly it.
         *
         *     Needs the role admin.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description none: not looked at. warn: the plan says it. require: what is not signed is refused
                         * @enum {string}
                         */
                        mode: "none" | "warn" | "require";
                        /** @default [] */
                        keys?: {
                            name: string;
                            /** @description PEM, as in cosign.pub */
                            publicKey: string;
                        }[];
                        /**
                         * @description Who may have signed by a certificate (Sigstore), needs BRIDGEPORT_SIGSTORE_TRUST_ROOT
                         * @default []
                         */
                        identities?: {
                            /** @description Address of an OpenID provider, exactly as in the certificate */
                            issuer: string;
                            /** @description A workflow's address or an e-mail; * stands for any characters */
                            subject: string;
                        }[];
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            rule: components["schemas"]["SignatureRule"];
                            /** @description Of an image: what counts for it. The image's own rule, else its registry's, else its environment's */
                            effective?: components["schemas"]["SignatureRule"] & ({
                                /** @enum {string} */
                                from: "image" | "registry" | "environment";
                            } | null);
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        /**
         * Remove the signature rule of an environment
         * @description Needs the role admin.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {boolean} */
                            ok: true;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/digests/{digestId}/signatures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look for the signatures of a digest
         * @description Asks the registry now. `signature` is null where no rule asks for any.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    digestId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            signature: components["schemas"]["SignatureFinding"];
                            /** @description Each signature of the digest */
                            seen: components["schemas"]["SeenSignature"][];
                            /** @description Why they are not known; null: they are */
                            error: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/receipt-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the public keys of receipts
         * @description A JWK Set (RFC 7517) with the key that signs and all before it. Without a login: whoever has a receipt can verify it.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ReceiptKeys"];
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/receipt-keys/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the key that signs receipts
         * @description Receipts are signed with a new key from now on. The public key before it stays published; its private key is deleted. Needs a session: an API token cannot do this.
         *
         *     Needs the role admin.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ReceiptKeys"];
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{envId}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deploy what another environment runs
         * @description One plan that deploys here exactly the digests that run there, of images with the same registry and repository. Needs to see the other environment, too. 409 with the reasons where nothing can be promoted.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** Format: uuid */
                        fromEnvironmentId: string;
                        /** @description Only these, by their ids in either environment. Default: all images there */
                        containerImageIds?: string[] | null;
                        /** @description Only what has run there for so long without a restart or a change of its health. Default: it is not asked */
                        healthyForMs?: number | null;
                        /** @description Go on in batches, watch each of them, be paused between them. Default: all in one go */
                        rollout?: {
                            /** @description Services of each image in a batch: a number, or a share of them such as `25%`, rounded up. Default: all of them */
                            batch?: number | string | null;
                            /** @description Of each image, how many services may be replaced, or wait to be healthy, at the same time. Default: the whole batch */
                            maxUnavailable?: number | null;
                            /** @description After each batch its services have to stay healthy for so long, without a restart. Default: 0, at most a day */
                            soakMs?: number | null;
                            /** @description The plan is paused after this batch, or after `each` but the last one. Default: after none */
                            pauseAfter?: number | "each" | null;
                            /**
                             * @description What a failure leads to: `rollback`, as `autoRollback` says, or `pause`. Default: `rollback`
                             * @enum {string|null}
                             */
                            onFailure?: "rollback" | "pause" | null;
                            /** @description What is measured while a batch is watched, which needs `soakMs` */
                            analysis?: {
                                prometheus: {
                                    /** @description Where its API is, without `/api/v1/query`; http(s), with no user, password or query. It is shown with plans */
                                    url: string;
                                    /** @description In PromQL. It has to give exactly one number */
                                    query: string;
                                    /** @description What that number has to be for the batch to be well */
                                    condition: {
                                        /** @enum {string} */
                                        operator: "<" | "<=" | ">" | ">=" | "==";
                                        value: number;
                                    };
                                    /**
                                     * @description How often it is asked while a batch is watched; once more at the end. Default: 30000
                                     * @default 30000
                                     */
                                    intervalMs?: number;
                                };
                            } | null;
                        } | null;
                        /** @description Start the plan at once; false leaves it pending, for a preview. Default: true */
                        execute?: boolean | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                            /** @description Images of the other environment that are not part of the plan */
                            leftOut: {
                                image: {
                                    id: string;
                                    name: string;
                                    imageName: string;
                                };
                                /** @description A sentence: why, and what to do */
                                reason: string;
                            }[];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/container-images/{id}/deploy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deploy a digest to the services of an image
         * @description By `imageDigestId`, or by a `tag`, which is resolved to its digest first. The plan runs by itself: follow it at /api/deployment-plans/{id}.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** Format: uuid */
                        imageDigestId?: string | null;
                        tag?: string | null;
                        /** @description Default: true */
                        autoRollback?: boolean | null;
                        /** @description Default: false */
                        parallelExecution?: boolean | null;
                        /** @description Go on in batches, watch each of them, be paused between them. Default: all in one go */
                        rollout?: {
                            /** @description Services of each image in a batch: a number, or a share of them such as `25%`, rounded up. Default: all of them */
                            batch?: number | string | null;
                            /** @description Of each image, how many services may be replaced, or wait to be healthy, at the same time. Default: the whole batch */
                            maxUnavailable?: number | null;
                            /** @description After each batch its services have to stay healthy for so long, without a restart. Default: 0, at most a day */
                            soakMs?: number | null;
                            /** @description The plan is paused after this batch, or after `each` but the last one. Default: after none */
                            pauseAfter?: number | "each" | null;
                            /**
                             * @description What a failure leads to: `rollback`, as `autoRollback` says, or `pause`. Default: `rollback`
                             * @enum {string|null}
                             */
                            onFailure?: "rollback" | "pause" | null;
                            /** @description What is measured while a batch is watched, which needs `soakMs` */
                            analysis?: {
                                prometheus: {
                                    /** @description Where its API is, without `/api/v1/query`; http(s), with no user, password or query. It is shown with plans */
                                    url: string;
                                    /** @description In PromQL. It has to give exactly one number */
                                    query: string;
                                    /** @description What that number has to be for the batch to be well */
                                    condition: {
                                        /** @enum {string} */
                                        operator: "<" | "<=" | ">" | ">=" | "==";
                                        value: number;
                                    };
                                    /**
                                     * @description How often it is asked while a batch is watched; once more at the end. Default: 30000
                                     * @default 30000
                                     */
                                    intervalMs?: number;
                                };
                            } | null;
                        } | null;
                        /** @description HTTP calls of this plan, after those of its images */
                        hooks?: components["schemas"]["Hooks"] | null;
                        /** @description Also replace containers made with `--rm`, which the engine deletes. Default: false */
                        allowAutoRemove?: boolean | null;
                        /** @description Create the container of a service that is named and whose container is gone, from its specification. Default: false */
                        create?: boolean | null;
                        serviceIds?: string[] | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{id}/deploy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deploy a digest to one service
         * @description Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** Format: uuid */
                        imageDigestId?: string | null;
                        tag?: string | null;
                        /** @description Default: true */
                        autoRollback?: boolean | null;
                        /** @description Default: false */
                        parallelExecution?: boolean | null;
                        /** @description Go on in batches, watch each of them, be paused between them. Default: all in one go */
                        rollout?: {
                            /** @description Services of each image in a batch: a number, or a share of them such as `25%`, rounded up. Default: all of them */
                            batch?: number | string | null;
                            /** @description Of each image, how many services may be replaced, or wait to be healthy, at the same time. Default: the whole batch */
                            maxUnavailable?: number | null;
                            /** @description After each batch its services have to stay healthy for so long, without a restart. Default: 0, at most a day */
                            soakMs?: number | null;
                            /** @description The plan is paused after this batch, or after `each` but the last one. Default: after none */
                            pauseAfter?: number | "each" | null;
                            /**
                             * @description What a failure leads to: `rollback`, as `autoRollback` says, or `pause`. Default: `rollback`
                             * @enum {string|null}
                             */
                            onFailure?: "rollback" | "pause" | null;
                            /** @description What is measured while a batch is watched, which needs `soakMs` */
                            analysis?: {
                                prometheus: {
                                    /** @description Where its API is, without `/api/v1/query`; http(s), with no user, password or query. It is shown with plans */
                                    url: string;
                                    /** @description In PromQL. It has to give exactly one number */
                                    query: string;
                                    /** @description What that number has to be for the batch to be well */
                                    condition: {
                                        /** @enum {string} */
                                        operator: "<" | "<=" | ">" | ">=" | "==";
                                        value: number;
                                    };
                                    /**
                                     * @description How often it is asked while a batch is watched; once more at the end. Default: 30000
                                     * @default 30000
                                     */
                                    intervalMs?: number;
                                };
                            } | null;
                        } | null;
                        /** @description HTTP calls of this plan, after those of its images */
                        hooks?: components["schemas"]["Hooks"] | null;
                        /** @description Also replace containers made with `--rm`, which the engine deletes. Default: false */
                        allowAutoRemove?: boolean | null;
                        /** @description Create the container of a service that is named and whose container is gone, from its specification. Default: false */
                        create?: boolean | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/environments/{envId}/deployment-plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List plans
         * @description Newest first.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    offset?: number | null;
                    /** @description `nextCursor` of the page before: the next one, as quick as the first. In the place of `offset` */
                    cursor?: string;
                    status?: "pending" | "waiting_for_approval" | "running" | "paused" | "completed" | "failed" | "rolled_back" | "cancelled";
                    containerImageId?: string;
                    serviceId?: string;
                };
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plans: components["schemas"]["DeploymentPlan"][];
                            total: number;
                            /** @description `cursor` of the next page; null: this is the last one */
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Create a plan
         * @description For all services of `containerImageId`, or for `serviceIds` (of one image); for several images with `targets`; or for `everythingBehind`. Pending until it is executed, or started at once with `?execute=true`. All or nothing, also of several images.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: {
                    execute?: "true" | "false";
                };
                header?: never;
                path: {
                    envId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** Format: uuid */
                        imageDigestId?: string | null;
                        tag?: string | null;
                        /** @description Default: true */
                        autoRollback?: boolean | null;
                        /** @description Default: false */
                        parallelExecution?: boolean | null;
                        /** @description Go on in batches, watch each of them, be paused between them. Default: all in one go */
                        rollout?: {
                            /** @description Services of each image in a batch: a number, or a share of them such as `25%`, rounded up. Default: all of them */
                            batch?: number | string | null;
                            /** @description Of each image, how many services may be replaced, or wait to be healthy, at the same time. Default: the whole batch */
                            maxUnavailable?: number | null;
                            /** @description After each batch its services have to stay healthy for so long, without a restart. Default: 0, at most a day */
                            soakMs?: number | null;
                            /** @description The plan is paused after this batch, or after `each` but the last one. Default: after none */
                            pauseAfter?: number | "each" | null;
                            /**
                             * @description What a failure leads to: `rollback`, as `autoRollback` says, or `pause`. Default: `rollback`
                             * @enum {string|null}
                             */
                            onFailure?: "rollback" | "pause" | null;
                            /** @description What is measured while a batch is watched, which needs `soakMs` */
                            analysis?: {
                                prometheus: {
                                    /** @description Where its API is, without `/api/v1/query`; http(s), with no user, password or query. It is shown with plans */
                                    url: string;
                                    /** @description In PromQL. It has to give exactly one number */
                                    query: string;
                                    /** @description What that number has to be for the batch to be well */
                                    condition: {
                                        /** @enum {string} */
                                        operator: "<" | "<=" | ">" | ">=" | "==";
                                        value: number;
                                    };
                                    /**
                                     * @description How often it is asked while a batch is watched; once more at the end. Default: 30000
                                     * @default 30000
                                     */
                                    intervalMs?: number;
                                };
                            } | null;
                        } | null;
                        /** @description HTTP calls of this plan, after those of its images */
                        hooks?: components["schemas"]["Hooks"] | null;
                        /** @description Also replace containers made with `--rm`, which the engine deletes. Default: false */
                        allowAutoRemove?: boolean | null;
                        /** @description Create the container of a service that is named and whose container is gone, from its specification. Default: false */
                        create?: boolean | null;
                        /** Format: uuid */
                        containerImageId?: string | null;
                        serviceIds?: string[] | null;
                        /** @description Several images at once, each for all of its services or for those that are named; a service at most once */
                        targets?: {
                            /** Format: uuid */
                            containerImageId?: string | null;
                            serviceIds?: string[] | null;
                            /** Format: uuid */
                            imageDigestId?: string | null;
                            tag?: string | null;
                        }[] | null;
                        /** @description Every service of the environment that is behind, to its own update; not what is snoozed, pinned or a lower version. Default: false */
                        everythingBehind?: boolean | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployment-plans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a plan
         * @description Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployment-plans/{id}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read what a plan did
         * @description Of each service the container before, after, and after a rollback, as its agent saw it. Once the plan has ended, `jws` has the same receipt signed; docs/deploying.md says how it is verified.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            receipt: components["schemas"]["PlanReceipt"];
                            /** @description A compact JWS (Ed25519) whose payload is the receipt as JSON; null: the plan has not ended */
                            jws: string | null;
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployment-plans/{id}/execute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Execute a pending plan
         * @description With `?dryRun=true` nothing is touched: the answer has the steps in their order, deploys with the changes of their container, and the same once more by container.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: {
                    dryRun?: "true" | "false";
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                            steps?: components["schemas"]["PlanStep"][];
                            containers?: {
                                service: {
                                    id: string | null;
                                    name: string;
                                    serverName: string;
                                };
                                containerName: string;
                                changes: components["schemas"]["ContainerChange"][];
                                /** @description Why it would not work */
                                error: string | null;
                                /** @description Why what would change cannot be said, though it may well work: its server does not have the image yet, and no registry can be asked about it */
                                changesUnknown: string | null;
                                /** @description What there is to say of it all the same, such as the rights on the host that it would have beyond its service's specification */
                                detail: string | null;
                            }[];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployment-plans/{id}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a plan
         * @description Server-sent events: `plan` with the whole plan, `step` for each step that changed, `done` when it has ended. 429 where the user has too many of them open.
         *
         *     Needs the role viewer.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Server-sent events */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/event-stream": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployment-plans/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve a plan
         * @description By people who have neither made nor started it; a token counts as its owner, and each person once. The last approval that it needs starts it. 409 where something that it would do has changed since it was shown.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        comment?: string | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployment-plans/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reject a plan that waits for approval
         * @description By people who have neither made nor started it. It is cancelled with the reason.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        reason: string;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployment-plans/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a running plan
         * @description Nothing new starts until it is resumed, cancelled or rolled back; what is in flight finishes, and its services stay busy.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        reason?: string | null;
                    };
                };
            };
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployment-plans/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a paused plan
         * @description It goes on, and tries again what has failed, where its `rollout` pauses at a failure: `resumeDoes` says what. 409 where a deploy cannot be tried again.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployment-plans/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a plan
         * @description Nothing new starts; what is in flight finishes.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployment-plans/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Roll back an ended or paused plan
         * @description Every service that the plan touched goes back to what it ran before.
         *
         *     Needs the role operator.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            plan: components["schemas"]["DeploymentPlan"];
                        };
                    };
                };
                /** @description An error */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follow changes over a WebSocket */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Send {"type":"auth","token":…} within 5 s unless the request has a session, then {"type":"subscribe","topics":["environment:<id>","plan:<id>","plan-changes:<id>","logs:<serviceId>"]}; what comes is {topic, event, data, at} */
                101: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Does the process live */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description It does */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Can requests be sent here */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description They can; 503 while the database cannot be used, and from when this process was told to stop */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Prometheus text. Needs the role viewer and all environments; without a login at BRIDGEPORT_METRICS_ADDR */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "/api/outgoing-webhook": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What an outgoing webhook of the kind `webhook` is sent
         * @description Any 2xx within 10 s takes it; otherwise it is tried twice more, after some 5 s and 30 s. A delivery may come twice: X-Webhook-Delivery stays the same.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    "X-Webhook-Event": string;
                    "X-Webhook-Delivery": string;
                    /** @description `sha256=` and the HMAC-SHA256 of the body by the secret, in hexadecimal; only with a secret */
                    "X-Webhook-Signature"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": components["schemas"]["WebhookPayload"];
                };
            };
            responses: {
                /** @description Taken */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        WebhookPayload: components["schemas"]["WebhookEvent"] | components["schemas"]["WebhookBatch"];
        WebhookEvent: {
            /** @enum {string} */
            event: "agent.outdated" | "container.unhealthy" | "container.crash_looping" | "container.missing" | "container.recovered" | "deployment.started" | "deployment.succeeded" | "deployment.failed" | "deployment.rolled_back" | "digest.quarantined" | "environment.frozen" | "environment.unfrozen" | "image.update_available" | "plan.paused" | "plan.waiting" | "registry.failing" | "registry.recovered" | "server.disk_low" | "server.disk_recovered" | "server.offline" | "server.online" | "server.two_agents" | "service.drift" | "test";
            /** @description When it happened; ISO 8601, UTC */
            at: string;
            /** @description null for a test */
            environment: {
                id: string;
                name: string;
            } | null;
            /** @description By event: plan.waiting, plan.paused, deployment.*, digest.quarantined, image.update_available, container.*, registry.*, server.disk_*, server.two_agents, agent.outdated, server.*, service.drift, environment.*, test */
            data: components["schemas"]["PlanWaitingEventData"] | components["schemas"]["PlanPausedEventData"] | components["schemas"]["DeploymentEventData"] | components["schemas"]["QuarantineEventData"] | components["schemas"]["UpdateEventData"] | components["schemas"]["ContainerEventData"] | components["schemas"]["RegistryEventData"] | components["schemas"]["DiskEventData"] | components["schemas"]["TwoAgentsEventData"] | components["schemas"]["AgentOutdatedEventData"] | components["schemas"]["ServerEventData"] | components["schemas"]["DriftEventData"] | components["schemas"]["FreezeEventData"] | components["schemas"]["TestEventData"];
        };
        PlanWaitingEventData: components["schemas"]["DeploymentEventData"] & {
            /** @description People who have to approve it */
            approvalsRequired: number;
        };
        DeploymentEventData: {
            planId: string;
            /** @description Like `tag` and `digest`: of the first target */
            image: {
                id: string | null;
                /** @description As it was written, such as registry.example.com/team/app */
                imageName: string;
            };
            tag: string | null;
            digest: string;
            /** @description What the plan moves: one or several images, each to a digest */
            targets: {
                image: {
                    id: string | null;
                    /** @description As it was written, such as registry.example.com/team/app */
                    imageName: string;
                };
                tag: string | null;
                digest: string;
            }[];
            triggerType: string;
            triggeredBy: string;
            error: string | null;
            services: {
                id: string | null;
                name: string;
                serverName: string;
            }[];
            /** @description The page in the console */
            url: string;
        };
        PlanPausedEventData: components["schemas"]["DeploymentEventData"] & {
            /** @description A sentence */
            reason: string;
            /** @description null: by itself */
            pausedBy: string | null;
        };
        QuarantineEventData: {
            image: {
                id: string;
                name: string;
                /** @description As it was written, such as registry.example.com/team/app */
                imageName: string;
            };
            tag: string | null;
            digest: string;
            digestId: string;
            /** @description The plan that failed or was rolled back */
            planId: string | null;
            reason: string;
            /** @description The page in the console */
            url: string;
        };
        UpdateEventData: {
            image: {
                id: string;
                name: string;
                /** @description As it was written, such as registry.example.com/team/app */
                imageName: string;
            };
            tag: string | null;
            digest: string;
            digestId: string;
            pushedAt: string;
            /** @description The page in the console */
            url: string;
        };
        ContainerEventData: {
            service: {
                id: string;
                name: string;
            };
            server: {
                id: string;
                name: string;
            };
            containerName: string;
            /** @description Since when it is broken, or was */
            since: string;
            /**
             * @description Of container.recovered: what was told
             * @enum {string|null}
             */
            was: "container.unhealthy" | "container.crash_looping" | "container.missing" | null;
            /** @description The page in the console */
            url: string;
        };
        RegistryEventData: {
            registry: {
                id: string;
                name: string;
            };
            /** @description Why its images could not be checked, or could not be until now */
            error: string;
            /** @description The page in the console */
            url: string;
        };
        DiskEventData: {
            server: {
                id: string;
                name: string;
            };
            /** @description Free where the engine keeps images, as the agent said last */
            freeBytes: number;
            /** @description The page in the console */
            url: string;
        };
        TwoAgentsEventData: {
            server: {
                id: string;
                name: string;
            };
            reason: string;
            /** @description Where the latest of the two connects from */
            address: string;
            /** @description The page in the console */
            url: string;
        };
        AgentOutdatedEventData: {
            server: {
                id: string;
                name: string;
            };
            agentVersion: string;
            /** @description The control plane's */
            version: string;
            /** @description The page in the console */
            url: string;
        };
        ServerEventData: {
            server: {
                id: string;
                name: string;
            };
            /** @description The page in the console */
            url: string;
        };
        DriftEventData: {
            service: {
                id: string;
                name: string;
            };
            server: {
                id: string;
                name: string;
            };
            /** @description The digest that was deployed */
            expected: string;
            /** @description The digest that runs, or the engine's id of an image that was never pulled */
            actual: string;
            /** @description The page in the console */
            url: string;
        };
        FreezeEventData: {
            /** @description When it ends, or would have ended */
            until: string;
            reason: string;
            /** @description Who had set it */
            by: string;
            /** @description It is one of all environments */
            everywhere: boolean;
            /** @description The page in the console */
            url: string;
        };
        TestEventData: {
            message: string;
            /** @description The page in the console */
            url: string;
        };
        WebhookBatch: {
            /** @enum {string} */
            event: "batch";
            /** @description When the last of them happened */
            at: string;
            /** @description null: of several */
            environment: {
                id: string;
                name: string;
            } | null;
            data: {
                /** @description The oldest first */
                events: components["schemas"]["WebhookEvent"][];
                /** @description The page in the console */
                url: string;
            };
        };
        User: {
            id: string;
            email: string;
            name: string | null;
            /**
             * @description The role in all environments; without one, the highest of the others
             * @enum {string}
             */
            role: "viewer" | "operator" | "admin";
            /** @description Where two meet, the higher one counts */
            roles: {
                /** @description null: all environments, and what is in none */
                environmentId: string | null;
                /** @enum {string} */
                role: "viewer" | "operator" | "admin";
            }[];
            /** @description Logging in takes a code of an authenticator app */
            secondFactor: boolean;
            /** @description How many it can log in with */
            passkeys: number;
            /** @description Logs in with a password */
            password: boolean;
            /** @description Who it is at the identity provider; null: it logs in with a password only */
            identity: {
                issuer: string;
                subject: string;
            } | null;
            createdAt: string;
            updatedAt: string;
        };
        Error: {
            /** @description A sentence a person can act on */
            error: string;
            /** @description A stable word */
            code: string;
            details?: {
                path: string;
                message: string;
            }[];
        };
        Session: {
            id: string;
            userId: string;
            userEmail: string;
            createdAt: string;
            /** @description To the minute; null: not since it was opened */
            lastSeenAt: string | null;
            expiresAt: string;
            /** @description Where it was opened from */
            address: string | null;
            /** @description Where it was last used from */
            lastAddress: string | null;
            /** @description What it was opened with, such as Firefox on Linux */
            userAgent: string | null;
            /** @description The one that this request was made with */
            current: boolean;
        };
        SecondFactor: {
            /** @description Logging in takes a code */
            enabled: boolean;
            enabledAt: string | null;
            recoveryCodesLeft: number;
        };
        Passkey: {
            id: string;
            name: string;
            createdAt: string;
            lastUsedAt: string | null;
        };
        ApiToken: {
            id: string;
            name: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "admin";
            userId: string;
            userEmail: string;
            environmentIds: string[] | null;
            createdAt: string;
            expiresAt: string | null;
            lastUsedAt: string | null;
        };
        AuditLog: {
            id: string;
            at: string;
            createdAt: string;
            /** @enum {string} */
            actorType: "user" | "token" | "webhook" | "system";
            actorId: string | null;
            actorName: string;
            /** @description Where the request came from */
            address: string | null;
            action: string;
            resourceType: string;
            resourceId: string | null;
            resourceName: string | null;
            environmentId: string | null;
            details: {
                [key: string]: unknown;
            };
        };
        Environment: {
            id: string;
            name: string;
            serverCount: number;
            serviceCount: number;
            imageCount: number;
            /** @description Until when nothing is deployed; null: no freeze */
            freeze: components["schemas"]["Freeze"] | null;
            createdAt: string;
            updatedAt: string;
        };
        Freeze: {
            /** Format: date-time */
            until: string;
            reason: string;
            /** @description Who set it */
            by: string;
            /** @description It is one of all environments */
            everywhere: boolean;
        };
        OperationsSettings: {
            /** @description Prune after each deploy and weekly; at first false */
            autoPruneImages: boolean;
            /**
             * @description `dangling` (at first): images without a tag that no container uses; `all`: every image that no container uses
             * @enum {string}
             */
            pruneImagesMode: "dangling" | "all";
            /** @description How many people other than its starter have to approve a plan before it starts; at first 0. Plans that wait need so many from then on; to lower it starts none of them */
            requiredApprovals: number;
        };
        SystemSettings: {
            /** @description Matching tags that a sync looks at in each repository, newest-looking first; at first 50 */
            registryMaxTags: number;
            /** @description How many days ended plans, audit entries and webhook deliveries are kept; at first 365 */
            retentionDays: number;
        };
        DoctorCheck: {
            /** @description Stable; of a server or registry with its id behind a colon */
            id: string;
            title: string;
            /** @enum {string} */
            status: "ok" | "warning" | "error";
            /** @description What was found */
            detail: string;
            /** @description What to do; null: nothing */
            advice: string | null;
        };
        System: {
            version: string;
            /** @description The name of the machine or container of the process that answers */
            host: string;
            processId: number;
            /** @description ISO 8601, UTC */
            startedAt: string;
            /** @description Its Node.js, such as `v24.1.0` */
            node: string;
            /** @description Such as `linux-x64` */
            platform: string;
            /** @description Agents connected to this process */
            agentsConnected: number;
            memory: {
                /** @description What the process occupies, in bytes */
                resident: number;
                /** @description Objects of JavaScript, in bytes */
                heapUsed: number;
                /** @description How much they may become, in bytes */
                heapLimit: number;
            };
            /** @description Used since its start */
            processorSeconds: number;
            /** @description How long other work held the process up, since the question before this one */
            eventLoopDelay: {
                /** @description Median, in milliseconds */
                p50: number;
                /** @description 99 in 100 were shorter, in milliseconds */
                p99: number;
                /** @description The longest, in milliseconds */
                max: number;
            };
            database: {
                /** @description Of PostgreSQL, such as `17.2` */
                version: string;
                /** @description Of the whole database, in bytes */
                size: number;
                /** @description Of all clients to this database */
                connections: number;
                connectionLimit: number;
            };
            /** @description Whether `BRIDGEPORT_HEAP_SNAPSHOTS` allows them */
            heapSnapshots: boolean;
        };
        Server: {
            id: string;
            name: string;
            hostname: string | null;
            tags: string[];
            /**
             * @description pending: no agent has ever connected; online: its agent is connected now
             * @enum {string}
             */
            status: "pending" | "online" | "offline";
            agentVersion: string | null;
            /** @description It is older than the control plane */
            agentOutdated: boolean;
            /** @description What became of the last order to upgrade the agent */
            agentUpgrade: {
                /**
                 * @description cancelled: it did not begin, as another of its environment failed
                 * @enum {string}
                 */
                status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
                from: string;
                to: string;
                error: string | null;
            } | null;
            dockerVersion: string | null;
            os: string | null;
            architecture: string | null;
            cpus: number | null;
            memoryBytes: number | null;
            diskFreeBytes: number | null;
            /** @description Why the agent cannot use its Docker Engine; null: it can */
            engineError: string | null;
            /** @description The policy that the owner of the host gave its agent; null: not known, as no agent has told it */
            policy: {
                /** @description SHA-256 of the policy file in hexadecimal; null: the host has none */
                hash: string | null;
                /** @description What it allows and denies, in the words of the agent */
                summary: string;
            } | null;
            lastSeenAt: string | null;
            /** @description When its certificates were revoked; null: they are good. Until an agent joins with a new join token, none is let in */
            revokedAt: string | null;
            /** @description Until when its agent's certificate is good, which the agent renews at half of its life; null: it has none that counts */
            certificateExpiresAt: string | null;
            environmentId: string;
            createdAt: string;
            updatedAt: string;
            serviceCount: number;
        };
        ServerJoin: {
            /** @description Shown this once; single use */
            token: string;
            /** @description One line for a shell on the server. While the agent is not packaged it pins no checksums: add `--sha256` with the `checksumsSha256` of `/api/agent/package` */
            command: string;
            /** @description The same, with the agent in a container */
            docker: string;
            /** @description A compose file for that */
            compose: string;
            /** @description User data for a new machine */
            cloudInit: string;
            /** @description What the lines pin; null: nothing yet */
            checksumsSha256: string | null;
            expiresAt: string;
        };
        Service: {
            id: string;
            name: string;
            containerName: string;
            serverId: string;
            server: {
                id: string;
                name: string;
            };
            environmentId: string;
            containerImageId: string;
            containerImage: {
                id: string;
                name: string;
                imageName: string;
                updateAvailable: boolean;
            };
            imageTag: string | null;
            deployedDigestId: string | null;
            /** @description The manifest digest deployed last */
            deployedDigest: string | null;
            /**
             * @description Set while what was found running counts as deployed; null: its history says who deployed it
             * @enum {string|null}
             */
            deployedBy: "found running" | null;
            /** @description There is a newer version than the one that it is itself deployed at */
            updateAvailable: boolean;
            /** @description The same, unless all there is is a lower version */
            behind: boolean;
            /** @description What an update would deploy to it; null: there is none */
            update: components["schemas"]["Update"] | null;
            /** @description The manifest digest that its container runs; null: not known */
            runningDigest: string | null;
            /** @description Set when what runs is certainly not what was deployed */
            drift: {
                /** @description The manifest digest that was deployed */
                expected: string;
                /** @description The manifest digest that runs, or the engine's id of an image that was never pulled */
                actual: string;
            } | null;
            /**
             * @description In one word, the first that holds: deploying (a plan is at work on it), not_created (no container of its name was seen yet), missing (its container is gone), unknown (its server is not connected), unhealthy, starting or healthy (by its health check), running (without one), restarting, paused, failed (ended by itself with an error), stopped
             * @enum {string}
             */
            status: "deploying" | "healthy" | "running" | "starting" | "unhealthy" | "restarting" | "paused" | "stopped" | "failed" | "missing" | "not_created" | "unknown";
            /**
             * @description As its engine says; null: there is no container
             * @enum {string|null}
             */
            containerStatus: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead" | "unknown" | null;
            /** @enum {string|null} */
            healthStatus: "none" | "starting" | "healthy" | "unhealthy" | "unknown" | null;
            /** @enum {string} */
            discoveryStatus: "found" | "missing";
            healthCheckUrl: string | null;
            /** @description null: 30000 for a container with a health check, 5000 without */
            healthWaitMs: number | null;
            healthRetries: number;
            healthIntervalMs: number;
            /** @enum {string} */
            healthProbe: "eager" | "engine";
            /** @enum {string} */
            deployOrder: "stop-first" | "start-first";
            /** @description Values of variables are hidden: NAME=***. Operators can ask for them (POST …/reveal-values). Written back, *** keeps the stored value of that name. */
            spec: {
                [key: string]: unknown;
            } | null;
            /** @description Not in lists. What its server's agent says that its container was created from by the last deploy. Where the container is gone, it is created from this rather than from `spec`; setting `spec` forgets it. Values of variables as in `spec`. */
            recordedSpec?: {
                [key: string]: unknown;
            } | null;
            exposedPorts: {
                containerPort: number;
                hostPort: number | null;
                hostIp: string | null;
                protocol: string;
            }[];
            /** @description The Compose project that its container says it is of */
            composeProject: string | null;
            /** @description The plan that is at work on it */
            activePlanId: string | null;
            lastDeployedAt: string | null;
            createdAt: string;
            updatedAt: string;
        };
        Update: {
            digestId: string;
            bestTag: string | null;
            /**
             * @description By the tags of both: patch, minor, major: a higher version of the same shape; rebuild: another digest of the same tag; older: a lower version that was pushed later, never installed automatically; other: nothing that tags tell
             * @enum {string}
             */
            kind: "rebuild" | "patch" | "minor" | "major" | "older" | "other";
            /** @description A sentence for people: why it counts as newer */
            reason: string;
        };
        Container: {
            /** @description Of its Docker Engine */
            id: string;
            name: string;
            /** @description As it was asked for when the container was created */
            imageName: string;
            imageId: string;
            state: string;
            health: string;
            createdAt: string;
            startedAt: string | null;
            service: {
                id: string;
                name: string;
            } | null;
            /**
             * @description Why it is no service; null also where a one-off container has yet to run longer
             * @enum {string|null}
             */
            noServiceReason: "agent" | "transient" | "ignored" | "one_off" | "swarm_task" | "no_image" | "unnamed_image" | "ending" | null;
        };
        AgentPackage: {
            /**
             * @description unavailable: not packaged, and nobody is at it
             * @enum {string}
             */
            state: "ready" | "preparing" | "unavailable";
            /** @description What is happening and what to do; null: it is ready */
            message: string | null;
            version: string;
            platforms: string[];
            /** @description Platforms that image.tar is there for */
            images: string[];
            /** @description A first line with the version, then `<SHA-256>  <platform>` of each program */
            checksums: string | null;
            /** @description What a join line pins by --sha256 */
            checksumsSha256: string | null;
            /** @description ECDSA with SHA-256 over the checksums by the agents' certificate authority: IEEE P1363, base64 */
            signature: string | null;
        };
        CommandLinePackage: {
            /**
             * @description unavailable: not packaged, and nobody is at it
             * @enum {string}
             */
            state: "ready" | "preparing" | "unavailable";
            /** @description What is happening and what to do; null: it is ready */
            message: string | null;
            version: string;
            programs: {
                /** @description `linux-x64` or `linux-arm64` */
                platform: string;
                /** @description Of the program, in hexadecimal */
                sha256: string;
                /** @description Of the program, in bytes */
                size: number;
                /** @description Compressed, in bytes */
                downloadSize: number;
                /** @description Two lines for a shell: the first downloads it, the second checks its hash and installs it */
                install: string[];
            }[];
        };
        AgentAuthorityState: {
            current: components["schemas"]["AgentAuthority"] & {
                /** @description Within a year: rotate it before */
                expiresSoon: boolean;
            };
            /** @description Still trusted */
            previous: components["schemas"]["AgentAuthority"][];
            servers: {
                /** @description Servers that use a certificate of the current one */
                renewed: number;
                /** @description Those that would be shut out without the others */
                notYet: components["schemas"]["ServerNotRenewed"][];
            };
        };
        AgentAuthority: {
            /** @description SHA-256 of the certificate, base64url: what join tokens pin */
            fingerprint: string;
            createdAt: string;
            expiresAt: string;
        };
        ServerNotRenewed: {
            id: string;
            name: string;
            environmentId: string;
            /** @enum {string} */
            status: "pending" | "online" | "offline";
            /** @description Its agent renews when it is connected; one of an earlier version does so at half of its certificate's life, or when it joins again */
            canBeAsked: boolean;
        };
        Registry: {
            id: string;
            name: string;
            /** @enum {string} */
            type: "generic" | "dockerhub" | "ghcr" | "gitlab" | "digitalocean" | "ecr" | "gcr" | "acr" | "quay" | "harbor" | "gitea" | "artifactory" | "nexus";
            registryUrl: string;
            repositoryPrefix: string | null;
            username: string | null;
            hasToken: boolean;
            hasPassword: boolean;
            /** @enum {string} */
            passwordToAgents: "never" | "without_tokens" | "always";
            /** @description The token service that gets the credentials, as seen when the connection was first used; another one that the registry names is accepted by trying out the connection. null: none was seen yet */
            tokenRealm: string | null;
            isDefault: boolean;
            refreshIntervalMinutes: number;
            autoLinkPattern: string | null;
            /** @description The last check of all of its images */
            lastRefreshAt: string | null;
            /** @description The last check that worked of any of its images, alone or with the others */
            lastCheckedAt: string | null;
            /** @description Why the last check of its images failed as a whole */
            lastError: string | null;
            environmentId: string;
            imageCount: number;
            budget: components["schemas"]["RegistryBudget"] | null;
            createdAt: string;
            updatedAt: string;
        };
        RegistryBudget: {
            host: string;
            /** @description Requests that the host allows per window */
            limit: number | null;
            remaining: number | null;
            windowSeconds: number | null;
            /** @description The host has asked to be left alone until then; null: it has not */
            pausedUntil: string | null;
            /** @description When the host last told its limits */
            observedAt: string | null;
            /** @description Sent to it since this process started */
            requests: number;
        };
        RepositoryTag: {
            tag: string;
            /** @description null: the registry sends none */
            digest: string | null;
            /** @description Compressed bytes */
            size: number | null;
            pushedAt: string | null;
            matchesFilter: boolean;
            /** @description The digest's id where it is recorded */
            digestId: string | null;
        };
        ImageDigest: {
            id: string;
            /** @enum {string} */
            kind: "image";
            /** @description What is pulled; of an image for several platforms, the index's */
            manifestDigest: string;
            configDigest: string | null;
            tags: string[];
            /** @description The tag to show, by the image's filter */
            bestTag: string | null;
            /** @description Compressed bytes */
            size: number | null;
            pushedAt: string | null;
            discoveredAt: string;
            mediaType: string | null;
            platforms: string[];
            deployed: boolean;
            image: components["schemas"]["ImageFacts"];
            links: components["schemas"]["SourceLinks"];
        };
        /** @description What the image says of itself by org.opencontainers.image.* annotations and labels, or the older org.label-schema.* labels; null: it does not say. An annotation of the manifest counts before one of the index, and both before a label, which may be inherited from a base image */
        ImageFacts: {
            /** @description Where its source code is: a web address or what git clones, without credentials */
            source: string | null;
            /** @description Of the source code, such as a git commit */
            revision: string | null;
            /** @description As it is labelled, which tags need not be */
            version: string | null;
            /** @description When it was built */
            created: string | null;
            /** @description A web address: http or https */
            url: string | null;
            /** @description A web address: http or https */
            documentation: string | null;
            licenses: string | null;
        };
        /** @description Built from that for GitHub, GitLab and Gitea, not looked up; null: not known */
        SourceLinks: {
            /** @description The repository of its source code */
            source: string | null;
            /** @description The commit that it was built from */
            revision: string | null;
            /** @description The release or tag of its version */
            release: string | null;
        };
        ContainerImage: {
            id: string;
            name: string;
            imageName: string;
            tagFilter: string;
            /** @description The last successful check of the registry */
            lastCheckedAt: string | null;
            /** @description Why the last check failed; null: it did not */
            lastError: string | null;
            /** @description What the last check left out, and why */
            lastCheckNote: string | null;
            deployedDigestId: string | null;
            /** @description Its manifest digest */
            deployedDigest: string | null;
            deployed: components["schemas"]["ImageDigest"] | null;
            updateAvailable: boolean;
            /**
             * @description Why there is an update, or none
             * @enum {string}
             */
            updateReason: "newer_digest" | "up_to_date" | "undated" | "no_registry" | "nothing_deployed" | "deployed_unknown" | "quarantined" | "skipped";
            /** @description What an update would deploy, while any service is behind; null: there is none */
            update: components["schemas"]["Update"] | null;
            verdict: components["schemas"]["UpdateVerdict"];
            /** @description Higher versions of the same shape that the tag filter leaves out: a hint */
            newerOutsideFilter: {
                /** @description The highest first, at most five */
                tags: string[];
                /** @description A tag filter that would follow them */
                suggestedFilter: string;
            } | null;
            /** @description How many of its services are deployed at the deployed digest */
            servicesCurrent: number;
            servicesTotal: number;
            /** @description Not updated by itself before */
            snoozedUntil: string | null;
            /** @description Never updated by itself */
            pinned: boolean;
            /** @description Why it is snoozed or pinned */
            holdReason: string | null;
            autoUpdate: boolean;
            /** @description What runs once before a plan replaces its first service; null: nothing */
            job: components["schemas"]["ImageJob"] | null;
            registryConnectionId: string | null;
            environmentId: string;
            services: components["schemas"]["ImageService"][];
            /** @description The newest 20 */
            digests: components["schemas"]["ImageDigest"][];
            /** @description Of the deployed digest, else of the newest */
            bestTag: string | null;
            /** @description The newest that matches the filter */
            latestDigest: string | null;
            latest: components["schemas"]["ImageDigest"] | null;
            createdAt: string;
            updatedAt: string;
        };
        UpdateVerdict: {
            /**
             * @description skipped: what is newer is left alone; not_checked: it is not known
             * @enum {string}
             */
            kind: "update" | "none" | "skipped" | "not_checked";
            /** @description The last check that worked */
            checkedAt: string | null;
            registryHost: string | null;
            /** @description The tag that it rests on */
            tag: string | null;
            /** @description The manifest digest that it rests on */
            digest: string | null;
            /** @description Why, in a sentence for people */
            reason: string;
        };
        ImageJob: {
            /** @description In the place of the image's CMD; its entrypoint stays */
            command: string[];
            /** @description Whose container's settings it has; null: that service was deleted */
            serviceId: string | null;
            serviceName: string | null;
            /** @description How long it may run, in milliseconds */
            timeoutMs: number;
        };
        ImageService: {
            id: string;
            name: string;
            serverId: string;
            serverName: string;
            /** @description The Compose project that its container says it is of */
            composeProject: string | null;
            imageTag: string | null;
            runningDigest: string | null;
            deployedDigestId: string | null;
            updateAvailable: boolean;
            /** @description What an update would deploy to it */
            update: components["schemas"]["Update"] | null;
            /** @enum {string} */
            status: "deploying" | "healthy" | "running" | "starting" | "unhealthy" | "restarting" | "paused" | "stopped" | "failed" | "missing" | "not_created" | "unknown";
        };
        ImageDeployment: {
            id: string;
            planId: string;
            tag: string | null;
            digest: string;
            /** @enum {string} */
            status: "success" | "failed" | "rolled_back" | "cancelled";
            deployedAt: string;
            deployedBy: string;
            /** @description Services that were touched */
            deploymentCount: number;
            totalDurationMs: number;
            services: {
                /** @description null: the service was deleted */
                id: string | null;
                name: string;
                serverName: string;
            }[];
        };
        Hooks: {
            /**
             * @description Called one after the other before anything is pulled; each has to say 2xx
             * @default []
             */
            before: {
                name: string;
                /** @description http(s). Its query is not shown with plans, its path is */
                url: string;
                /**
                 * @default POST
                 * @enum {string}
                 */
                method: "POST" | "PUT" | "PATCH" | "GET";
                /**
                 * @description Their values are secret: shown as ***, and *** written back keeps the stored value of the hook of that name, for the same origin
                 * @default {}
                 */
                headers: {
                    [key: string]: string;
                };
                /**
                 * @description Sent as it is; null: what the plan is about, as JSON (docs/hooks.md)
                 * @default null
                 */
                body: string | null;
                /**
                 * @description How long the call may take, repeated requests and all, in milliseconds
                 * @default 10000
                 */
                timeoutMs: number;
            }[];
            /**
             * @description Called one after the other when the plan ends, whichever way
             * @default []
             */
            after: {
                name: string;
                /** @description http(s). Its query is not shown with plans, its path is */
                url: string;
                /**
                 * @default POST
                 * @enum {string}
                 */
                method: "POST" | "PUT" | "PATCH" | "GET";
                /**
                 * @description Their values are secret: shown as ***, and *** written back keeps the stored value of the hook of that name, for the same origin
                 * @default {}
                 */
                headers: {
                    [key: string]: string;
                };
                /**
                 * @description Sent as it is; null: what the plan is about, as JSON (docs/hooks.md)
                 * @default null
                 */
                body: string | null;
                /**
                 * @description How long the call may take, repeated requests and all, in milliseconds
                 * @default 10000
                 */
                timeoutMs: number;
            }[];
        };
        UpdateCheck: {
            hasUpdate: boolean;
            /**
             * @description Why there is an update, or none
             * @enum {string}
             */
            reason: "newer_digest" | "up_to_date" | "undated" | "no_registry" | "nothing_deployed" | "deployed_unknown" | "quarantined" | "skipped";
            tagFilter: string;
            /** @description The newest that matches the filter */
            newestDigest: string | null;
            newest: components["schemas"]["ImageDigest"] | null;
            /** @description Digests that were not known before */
            newDigests: number;
            /** @description Known digests whose tags changed */
            updatedDigests: number;
            lastCheckedAt: string;
            /** @description Tags in the repository, those that match, and those that were looked at */
            tags: {
                listed: number;
                matching: number;
                checked: number;
            };
            /** @description What was left out, and why */
            notes: string[];
        };
        ImageComparison: {
            from: components["schemas"]["ImageDigest"];
            to: components["schemas"]["ImageDigest"];
            /** @description Which of each image's platforms was compared: that of most of its servers */
            platform: {
                from: string;
                to: string;
            };
            /** @description What the two images set differently */
            config: {
                /** @description entrypoint, cmd, user, workdir, exposedPorts, volumes, healthcheck, stopSignal, env.NAME, labels.NAME */
                field: string;
                /** @enum {string} */
                change: "added" | "removed" | "changed";
                /** @description null: not set, or hidden */
                from: string | string[] | {
                    [key: string]: unknown;
                } | null;
                /** @description null: not set, or hidden */
                to: string | string[] | {
                    [key: string]: unknown;
                } | null;
                /** @description Values of variables are shown to operators only */
                hidden: boolean;
            }[];
            /** @description How many layers are in both, only in the new image, only in the old one */
            layers: {
                shared: number;
                added: number;
                removed: number;
                /** @description Compressed */
                bytes: {
                    shared: number;
                    added: number;
                    removed: number;
                };
            };
            /** @description Compressed bytes */
            size: {
                from: number;
                to: number;
            };
            /** @description Built for GitHub, GitLab and Gitea, not looked up; null: not known */
            source: {
                /** @description The changes between the two revisions */
                compareUrl: string | null;
                /** @description The release or tag of the new version */
                releaseUrl: string | null;
            };
        };
        Dependency: {
            id: string;
            serviceId: string;
            dependsOnId: string;
            /**
             * @description health_before: the other one must be healthy first; deploy_after: it must be deployed first
             * @enum {string}
             */
            type: "health_before" | "deploy_after";
            dependsOn: {
                id: string;
                name: string;
                serverName: string;
            };
            createdAt: string;
        };
        UpdateStatus: {
            autoUpdate: boolean;
            /** @description A plan is about to be made */
            updating: boolean;
            /** @enum {string} */
            reason: "no_registry" | "check_failed" | "never_checked" | "nothing_deployed" | "deployed_unknown" | "up_to_date" | "undated" | "quarantined" | "skipped" | "older_version" | "auto_update_off" | "pinned" | "snoozed" | "kind_not_allowed" | "no_services" | "plan_active" | "waiting_for_approval" | "cancelled" | "failed_before" | "too_young" | "frozen" | "outside_window" | "server_offline" | "due" | "refused";
            /** @description A sentence that says why nothing happens, or what will */
            message: string;
            /** @description From when it may be otherwise; null: when something changes */
            until: string | null;
            /** @description What an update would deploy */
            digest: {
                id: string;
                manifestDigest: string;
                tags: string[];
                bestTag: string | null;
                pushedAt: string;
                /** @description Since when its tag has pointed to it: what its age counts from */
                since: string | null;
            } | null;
            policy: components["schemas"]["UpdatePolicy"];
        };
        UpdatePolicy: {
            /** @description How old a digest has to be before auto-update takes it */
            minimumAgeMinutes: number;
            /** @description When auto-update may deploy; empty: at any time */
            windows: {
                days: ("sun" | "mon" | "tue" | "wed" | "thu" | "fri" | "sat")[];
                from: string;
                /** @description Before `from`: on the next day; the same as `from`: a whole day */
                to: string;
            }[];
            /** @description The IANA time zone that the windows are in */
            timeZone: string;
            /** @description Kinds of update that auto-update may deploy, by their tags; all of them at first. A lower version never is. */
            kinds: ("rebuild" | "patch" | "minor" | "major" | "other")[];
            /**
             * Format: date-time
             * @description Auto-update does nothing before; null: it is not snoozed
             */
            snoozedUntil: string | null;
            /** @description Auto-update does nothing until this is taken back */
            pinned: boolean;
            /** @description Why it is snoozed or pinned, for those who wonder */
            reason: string | null;
            /** @description As it was asked for, with its defaults; null: it was not */
            rollout: {
                /** @description Services of each image in a batch: a number, or a share of them such as `25%`, rounded up. Default: all of them */
                batch: number | string | null;
                /** @description Of each image, how many services may be replaced, or wait to be healthy, at the same time. Default: the whole batch */
                maxUnavailable: number | null;
                /** @description After each batch its services have to stay healthy for so long, without a restart. Default: 0, at most a day */
                soakMs: number;
                /** @description The plan is paused after this batch, or after `each` but the last one. Default: after none */
                pauseAfter: number | "each" | null;
                /**
                 * @description What a failure leads to: `rollback`, as `autoRollback` says, or `pause`. Default: `rollback`
                 * @enum {string}
                 */
                onFailure: "rollback" | "pause";
                /** @description null: nothing is measured while a batch is watched */
                analysis: {
                    prometheus: {
                        /** @description Where its API is, without `/api/v1/query`; http(s), with no user, password or query. It is shown with plans */
                        url: string;
                        /** @description In PromQL. It has to give exactly one number */
                        query: string;
                        /** @description What that number has to be for the batch to be well */
                        condition: {
                            /** @enum {string} */
                            operator: "<" | "<=" | ">" | ">=" | "==";
                            value: number;
                        };
                        /** @description How often it is asked while a batch is watched; once more at the end. Default: 30000 */
                        intervalMs: number;
                    };
                } | null;
            } | null;
        };
        QuarantinedDigest: {
            digestId: string;
            manifestDigest: string;
            tags: string[];
            bestTag: string | null;
            pushedAt: string | null;
            /** @description The plan that failed or was rolled back */
            planId: string | null;
            reason: string;
            quarantinedAt: string;
        };
        ImageBehind: {
            image: {
                id: string;
                name: string;
                imageName: string;
                tagFilter: string;
                /** @description The last successful check of the registry */
                lastCheckedAt: string | null;
                /** @description Why the last check failed; null: it did not */
                lastError: string | null;
                /** @description What the last check left out, and why */
                lastCheckNote: string | null;
                deployedDigestId: string | null;
                /** @description Its manifest digest */
                deployedDigest: string | null;
                deployed: components["schemas"]["ImageDigest"] | null;
                updateAvailable: boolean;
                /**
                 * @description Why there is an update, or none
                 * @enum {string}
                 */
                updateReason: "newer_digest" | "up_to_date" | "undated" | "no_registry" | "nothing_deployed" | "deployed_unknown" | "quarantined" | "skipped";
                /** @description What an update would deploy, while any service is behind; null: there is none */
                update: components["schemas"]["Update"] | null;
                verdict: components["schemas"]["UpdateVerdict"];
                /** @description Higher versions of the same shape that the tag filter leaves out: a hint */
                newerOutsideFilter: {
                    /** @description The highest first, at most five */
                    tags: string[];
                    /** @description A tag filter that would follow them */
                    suggestedFilter: string;
                } | null;
                /** @description How many of its services are deployed at the deployed digest */
                servicesCurrent: number;
                servicesTotal: number;
                /** @description Not updated by itself before */
                snoozedUntil: string | null;
                /** @description Never updated by itself */
                pinned: boolean;
                /** @description Why it is snoozed or pinned */
                holdReason: string | null;
                autoUpdate: boolean;
                /** @description What runs once before a plan replaces its first service; null: nothing */
                job: components["schemas"]["ImageJob"] | null;
                registryConnectionId: string | null;
                environmentId: string;
                /** @description Of the deployed digest, else of the newest */
                bestTag: string | null;
                /** @description The newest that matches the filter */
                latestDigest: string | null;
                latest: components["schemas"]["ImageDigest"] | null;
                createdAt: string;
                updatedAt: string;
            };
            update: components["schemas"]["Update"] & {
                manifestDigest: string;
                /** @description Since when its tag has pointed to it, as far as that is known */
                since: string;
                digest: components["schemas"]["ImageDigest"];
            };
            /** @description What auto-update does about it */
            automatic: {
                /** @description A plan is about to be made */
                updating: boolean;
                /** @enum {string} */
                reason: "no_registry" | "check_failed" | "never_checked" | "nothing_deployed" | "deployed_unknown" | "up_to_date" | "undated" | "quarantined" | "skipped" | "older_version" | "auto_update_off" | "pinned" | "snoozed" | "kind_not_allowed" | "no_services" | "plan_active" | "waiting_for_approval" | "cancelled" | "failed_before" | "too_young" | "frozen" | "outside_window" | "server_offline" | "due" | "refused";
                /** @description Why it is not deployed by itself, or that it will be */
                message: string;
                until: string | null;
            };
            /** @description Those that are behind, each with its own update */
            services: components["schemas"]["Service"][];
        };
        WhatIf: {
            policy: components["schemas"]["UpdatePolicy"];
            /** @description From when on tags were seen; null: none was */
            since: string | null;
            /** @description One for each digest that was an update, in the order in which they appeared */
            decisions: {
                digestId: string;
                manifestDigest: string;
                tag: string;
                /** @enum {string} */
                kind: "rebuild" | "patch" | "minor" | "major" | "older" | "other";
                appearedAt: string;
                /**
                 * @description deployed; waiting: for its age, a window or the end of a snooze; superseded: a newer one appeared before it might be deployed; not_allowed: a kind that the policy leaves out, or a lower version
                 * @enum {string}
                 */
                outcome: "deployed" | "waiting" | "superseded" | "not_allowed";
                /** @description When it would have been, or will be */
                deployedAt: string | null;
            }[];
        };
        SkippedDigest: {
            digestId: string;
            manifestDigest: string;
            tags: string[];
            bestTag: string | null;
            pushedAt: string | null;
            reason: string | null;
            skippedBy: string;
            skippedAt: string;
        };
        DeploymentPlan: {
            id: string;
            /** @description Such as `shop v2`, or `shop v2 and 4 more` */
            name: string;
            environmentId: string;
            /** @description Like the other fields of an image: of the first target */
            containerImageId: string | null;
            imageName: string;
            imageTag: string | null;
            imageDigest: string;
            imageDigestId: string | null;
            /** @enum {string} */
            status: "pending" | "waiting_for_approval" | "running" | "paused" | "completed" | "failed" | "rolled_back" | "cancelled";
            rollingBack: boolean;
            cancelRequested: boolean;
            /** @enum {string} */
            triggerType: "manual" | "webhook" | "auto_update" | "rollback";
            triggeredBy: string;
            autoRollback: boolean;
            parallelExecution: boolean;
            /** @description As it was asked for, with its defaults; null: it was not */
            rollout: {
                /** @description Services of each image in a batch: a number, or a share of them such as `25%`, rounded up. Default: all of them */
                batch: number | string | null;
                /** @description Of each image, how many services may be replaced, or wait to be healthy, at the same time. Default: the whole batch */
                maxUnavailable: number | null;
                /** @description After each batch its services have to stay healthy for so long, without a restart. Default: 0, at most a day */
                soakMs: number;
                /** @description The plan is paused after this batch, or after `each` but the last one. Default: after none */
                pauseAfter: number | "each" | null;
                /**
                 * @description What a failure leads to: `rollback`, as `autoRollback` says, or `pause`. Default: `rollback`
                 * @enum {string}
                 */
                onFailure: "rollback" | "pause";
                /** @description null: nothing is measured while a batch is watched */
                analysis: {
                    prometheus: {
                        /** @description Where its API is, without `/api/v1/query`; http(s), with no user, password or query. It is shown with plans */
                        url: string;
                        /** @description In PromQL. It has to give exactly one number */
                        query: string;
                        /** @description What that number has to be for the batch to be well */
                        condition: {
                            /** @enum {string} */
                            operator: "<" | "<=" | ">" | ">=" | "==";
                            value: number;
                        };
                        /** @description How often it is asked while a batch is watched; once more at the end. Default: 30000 */
                        intervalMs: number;
                    };
                } | null;
            } | null;
            /** @description How many there are; 1: it goes on without any */
            batches: number;
            pausedAt: string | null;
            /** @description A sentence; null: it is not paused */
            pausedReason: string | null;
            /** @description null: by itself */
            pausedBy: string | null;
            /** @description A sentence: what it does when it is resumed */
            resumeDoes: string | null;
            error: string | null;
            createdAt: string;
            startedAt: string | null;
            completedAt: string | null;
            /** @description What it moves: services of one or several images, each image to one of its digests */
            targets: {
                containerImageId: string | null;
                imageName: string;
                imageTag: string | null;
                imageDigest: string;
                imageDigestId: string | null;
                /** @description Without those that were deleted since */
                serviceIds: string[];
                signature: components["schemas"]["SignatureFinding"];
            }[];
            services: {
                id: string | null;
                /** @description Which of `targets` it is of, from 0 */
                target: number;
                name: string;
                serverId: string | null;
                serverName: string;
                containerName: string;
                level: number;
                /** @description From 1 */
                batch: number;
                previousDigest: string | null;
                /** @description Null where it is none of the digests that are known of the image */
                previousDigestId: string | null;
                /** @description What it was deployed as before */
                previousImageTag: string | null;
                dependsOn: {
                    position: number;
                    name: string;
                    /** @enum {string} */
                    type: "health_before" | "deploy_after";
                }[];
                /** @description Services that it needs and that are not in the plan: they have to run when its turn comes */
                outside: {
                    id: string;
                    name: string;
                    serverName: string;
                    /** @enum {string} */
                    type: "health_before" | "deploy_after";
                }[];
            }[];
            /** @description Services that were meant and that the plan does not touch */
            leftOut: {
                service: {
                    id: string;
                    name: string;
                    serverName: string;
                };
                /** @description A sentence: why, and what to do */
                reason: string;
            }[];
            signature: components["schemas"]["SignatureFinding"] & unknown;
            /** @description How many people other than the starter have to approve it, or had to; 0: none */
            approvalsRequired: number;
            /** @description As they were given; what counts is decided when the plan starts */
            approvals: {
                user: string;
                at: string;
                comment: string | null;
            }[];
            /** @description Who started it, where others had to approve; they cannot decide on it */
            askedBy: string | null;
            /** @description Since when it waits, or has waited, for approval */
            waitingSince: string | null;
            /** @description When it is cancelled unless it is approved before; null: it does not wait */
            approvalExpiresAt: string | null;
            steps: components["schemas"]["PlanStep"][];
        };
        SignatureFinding: {
            /** @enum {string} */
            mode: "none" | "warn" | "require";
            /**
             * @description unknown: the registry could not be asked
             * @enum {string}
             */
            verdict: "signed" | "not_signed" | "unknown";
            /** @description Names of the keys, and subjects of the identities */
            signedBy: string[];
            /** @description A sentence */
            message: string;
            /** @description Each signature of the digest; absent in plans of earlier versions */
            seen?: components["schemas"]["SeenSignature"][];
        } | null;
        SeenSignature: {
            /** @description It is one that the rule asks for */
            counts: boolean;
            /** @description Name of the rule's key that made it */
            key: string | null;
            /** @description Of a certificate that holds: who vouches for the subject */
            issuer: string | null;
            /** @description Of a certificate that holds: who has signed */
            subject: string | null;
            /**
             * Format: date-time
             * @description When, by the log or timestamp of the certificate
             */
            signedAt: string | null;
            /** @description Why it does not count: a sentence; null: it does */
            why: string | null;
        };
        PlanStep: {
            id: string;
            order: number;
            level: number;
            /** @description From 1; null: before every batch, going back, or of an earlier version */
            batch: number | null;
            /** @enum {string} */
            action: "hook" | "pull" | "job" | "deploy" | "health_check" | "soak" | "rollback";
            /** @enum {string} */
            status: "pending" | "running" | "success" | "failed" | "skipped" | "rolled_back";
            /** @description For a pull: the first service that it is for */
            service: {
                id: string | null;
                name: string;
                serverName: string;
            };
            /** @description Every service that the step is for */
            services: {
                id: string | null;
                name: string;
                serverName: string;
            }[];
            /** @description Which of the plan's `targets` it is of, from 0 */
            target: number;
            server: {
                id: string | null;
                name: string;
            };
            targetDigest: string | null;
            previousDigest: string | null;
            startedAt: string | null;
            completedAt: string | null;
            deadlineAt: string | null;
            error: string | null;
            exitCode: number | null;
            /** @description Progress and, of a failing container, its last lines */
            logs: string;
            downtimeMs: number | null;
            changes: components["schemas"]["ContainerChange"][] | null;
            imageId: string | null;
            /** @description What there is to say of it that is no error */
            detail: string | null;
            /** @description Of a job: what runs */
            job: {
                command: string[];
                /** @description Whose settings it has */
                containerName: string;
                timeoutMs: number;
            } | null;
            /** @description Of a soak, in which the services of a batch have to stay healthy */
            soak: {
                durationMs: number;
                /** @description Its time begins when each container has been reported; null: it has not */
                endsAt: string | null;
                /** @description The plan is paused when it has passed */
                pauses: boolean;
                /** @description What is measured meanwhile; null: nothing */
                analysis: {
                    prometheus: {
                        /** @description Where its API is, without `/api/v1/query`; http(s), with no user, password or query. It is shown with plans */
                        url: string;
                        /** @description In PromQL. It has to give exactly one number */
                        query: string;
                        /** @description What that number has to be for the batch to be well */
                        condition: {
                            /** @enum {string} */
                            operator: "<" | "<=" | ">" | ">=" | "==";
                            value: number;
                        };
                        /** @description How often it is asked while a batch is watched; once more at the end. Default: 30000 */
                        intervalMs: number;
                    };
                    /** @description The newest answer; null: none has come yet */
                    last: {
                        at: string;
                        value: number | null;
                        /** @description Why there is no value: a sentence */
                        problem: string | null;
                    } | null;
                } | null;
            } | null;
            /** @description Of a hook: its name */
            hookName: string | null;
            /** @description Of a hook: what is called, by the control plane */
            hook: {
                name: string;
                /** @enum {string} */
                when: "before" | "after";
                /** @enum {string} */
                method: "POST" | "PUT" | "PATCH" | "GET";
                /** @description Without its query */
                url: string;
                /** @description The plan's status that it was told; null: it was not called yet */
                told: string | null;
                /** @description How many were sent: a request that failed is sent again */
                requests: number;
                /** @description Of the answer; null: there is none */
                httpStatus: number | null;
                durationMs: number | null;
            } | null;
        };
        ContainerChange: {
            /** @description A path in Engine API terms, such as Config.Env.PATH */
            field: string;
            /** @enum {string} */
            origin: "kept" | "image" | "plan";
            /** @description Of a variable *** but where it comes from the image and operators ask */
            before?: unknown;
            /** @description Like `before` */
            after?: unknown;
        };
        Webhook: {
            id: string;
            name: string;
            /** @enum {string} */
            kind: "webhook" | "slack" | "discord" | "teams" | "ntfy" | "email" | "telegram" | "gotify" | "matrix" | "pushover" | "mqtt" | "template";
            url: string;
            hasSecret: boolean;
            events: ("agent.outdated" | "container.unhealthy" | "container.crash_looping" | "container.missing" | "container.recovered" | "deployment.started" | "deployment.succeeded" | "deployment.failed" | "deployment.rolled_back" | "digest.quarantined" | "environment.frozen" | "environment.unfrozen" | "image.update_available" | "plan.paused" | "plan.waiting" | "registry.failing" | "registry.recovered" | "server.disk_low" | "server.disk_recovered" | "server.offline" | "server.online" | "server.two_agents" | "service.drift")[];
            /** @description null: every environment */
            environmentIds: string[] | null;
            enabled: boolean;
            /** @description Of the kind template */
            headers: {
                [key: string]: string;
            } | null;
            /** @description Of the kind template; null: the payload as JSON */
            body: string | null;
            /** @description Events of so many milliseconds go out as one message; null: each by itself */
            batchMs: number | null;
            quietHours: components["schemas"]["QuietHours"];
            createdAt: string;
            updatedAt: string;
        };
        /** @description null: none */
        QuietHours: {
            /** @description Local time of day */
            from: string;
            /** @description Before `from`: on the next day */
            to: string;
            timeZone: string;
            /**
             * @description Whether what needs somebody at once is told meanwhile: see docs/notifications.md
             * @default true
             */
            urgentThrough: boolean;
        } | null;
        WebhookDelivery: {
            /** @description Sent as X-Webhook-Delivery; the same for every attempt */
            id: string;
            event: string;
            /**
             * @description held: until `heldUntil`, for a batch or for quiet hours
             * @enum {string}
             */
            status: "held" | "pending" | "succeeded" | "failed";
            attempts: number;
            responseStatus: number | null;
            /** @description The first 1000 characters of the last answer */
            responseBody: string | null;
            error: string | null;
            /** @description Of the last attempt */
            durationMs: number | null;
            createdAt: string;
            /** @description Until when it is or was held; null: it was not */
            heldUntil: string | null;
            attemptedAt: string | null;
            payload: components["schemas"]["WebhookPayload"];
        };
        Notification: {
            /** @description Rises with each one */
            id: number;
            /** @enum {string} */
            event: "agent.outdated" | "container.unhealthy" | "container.crash_looping" | "container.missing" | "container.recovered" | "deployment.started" | "deployment.succeeded" | "deployment.failed" | "deployment.rolled_back" | "digest.quarantined" | "environment.frozen" | "environment.unfrozen" | "image.update_available" | "plan.paused" | "plan.waiting" | "registry.failing" | "registry.recovered" | "server.disk_low" | "server.disk_recovered" | "server.offline" | "server.online" | "server.two_agents" | "service.drift";
            /** @description When it happened */
            at: string;
            environment: {
                id: string;
                name: string;
            } | null;
            title: string;
            lines: string[];
            /** @enum {string} */
            tone: "good" | "bad" | "neutral";
            /** @description The page in the console */
            path: string;
            unread: boolean;
        };
        /** @description What is said here; null: nothing */
        SignatureRule: {
            /**
             * @description none: not looked at. warn: the plan says it. require: what is not signed is refused
             * @enum {string}
             */
            mode: "none" | "warn" | "require";
            keys: {
                name: string;
                publicKey: string;
                /** @description SHA-256 of the key in DER, in hexadecimal */
                fingerprint: string;
            }[];
            identities: {
                issuer: string;
                subject: string;
            }[];
        } | null;
        ReceiptKeys: {
            /** @description The one that signs first */
            keys: components["schemas"]["ReceiptKey"][];
        };
        ReceiptKey: {
            /** @enum {string} */
            kty: "OKP";
            /** @enum {string} */
            crv: "Ed25519";
            /** @description The public key, base64url */
            x: string;
            /** @description Its RFC 7638 thumbprint: the fingerprint to pin */
            kid: string;
            /** @enum {string} */
            alg: "EdDSA";
            /** @enum {string} */
            use: "sig";
            createdAt: string;
            /** @description Since when it signs no longer; null: it signs */
            retiredAt: string | null;
        };
        PlanReceipt: {
            planId: string;
            environmentId: string;
            /** @description Whether the plan has ended; only then the receipt is signed. A rollback by hand makes another one */
            final: boolean;
            name: string;
            status: string;
            error: string | null;
            imageName: string;
            imageTag: string | null;
            imageDigest: string;
            /** @description What it moved; the three fields above are those of the first */
            targets: {
                imageName: string;
                imageTag: string | null;
                imageDigest: string;
            }[];
            triggerType: string;
            triggeredBy: string;
            createdAt: string;
            startedAt: string | null;
            completedAt: string | null;
            services: {
                service: {
                    id: string | null;
                    name: string;
                    serverName: string;
                };
                /** @description Which of `targets` it is of, from 0 */
                target: number;
                containerName: string;
                /** @description null: there was no container */
                before: components["schemas"]["ContainerObservation"] | null;
                /** @description null: it was not deployed, or its container is gone */
                after: components["schemas"]["ContainerObservation"] | null;
                /** @description null: it was not rolled back, or its container was removed */
                afterRollback: components["schemas"]["ContainerObservation"] | null;
                /**
                 * @description How it went back; null: it did not
                 * @enum {string|null}
                 */
                rollback: "restored" | "recreated" | "unchanged" | "removed" | "failed" | null;
                downtimeMs: number | null;
                /** @description Such as why its container was not run */
                note: string | null;
                error: string | null;
            }[];
            /** @description What was called before and after, in the order of the plan */
            hooks: {
                name: string;
                /** @enum {string} */
                when: "before" | "after";
                /** @description The plan's status that it was told; null: it was not called yet */
                told: string | null;
                /** @description Of the answer; null: there is none */
                httpStatus: number | null;
                status: string;
                error: string | null;
            }[];
            /** @description As they were given; what counts is decided when the plan starts */
            approvals: {
                user: string;
                at: string;
                comment: string | null;
            }[];
            /** @description Services that were meant and that the plan does not touch */
            leftOut: {
                service: {
                    id: string;
                    name: string;
                    serverName: string;
                };
                /** @description A sentence: why, and what to do */
                reason: string;
            }[];
        };
        ContainerObservation: {
            /** @description Of its Docker Engine */
            containerId: string;
            /** @description The engine's id of the image that it has */
            imageId: string;
            /** @description null: an earlier agent did not say */
            running: boolean | null;
            /** @enum {string} */
            health: "none" | "starting" | "healthy" | "unhealthy" | "unknown";
            name: string;
            exitCode: number | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
